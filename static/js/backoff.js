// @ts-check
/** How long to wait before the next try: 0, 0.3, 1, 2, 4, 7, 7 … seconds, with full jitter after the second. Never gives up. */

const STEPS = [0, 300, 1000, 2000, 4000, 7000];

/**
 * @param {number} tries how many have failed
 * @param {() => number} [random] 0 to 1
 * @returns {number} milliseconds
 */
export function pause(tries, random = Math.random) {
  const step = STEPS[Math.min(tries, STEPS.length - 1)];
  return tries < 2 ? step : Math.round(step * (0.3 + 0.7 * random()));
}
