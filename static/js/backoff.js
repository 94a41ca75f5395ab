// @ts-check
/**
 * How long to wait before the next try: 0, 0.3, 1, 2, five times 4, then 7 seconds, with half jitter after the second. Never gives up.
 * The first 7 comes after ten seconds at the earliest, so that a line that was away for less is used within five seconds of its return.
 */

const STEPS = [0, 300, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 7000];

/**
 * @param {number} tries how many have failed
 * @param {() => number} [random] 0 to 1
 * @returns {number} milliseconds
 */
export function pause(tries, random = Math.random) {
  const step = STEPS[Math.min(tries, STEPS.length - 1)];
  return tries < 2 ? step : Math.round(step * (0.5 + 0.5 * random()));
}
