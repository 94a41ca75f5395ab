// @ts-check
/** Who is in the meeting, and what each of them says that they send. */
import { media, say, wire, words } from "./scene.js";

/**
 * @typedef {{microphone: boolean, camera: boolean, flows: boolean, rung?: string, hears?: string, shares?: boolean, signs?: boolean, way?: string}} Shown
 */

/** @type {Map<string, import("./signalling.js").Somebody>} */
export const people = new Map();
/** @type {Map<string, Shown>} */
export const shown = new Map();

/** @param {string | null} id */
export function nameOf(id) {
  return people.get(id ?? "")?.name ?? "";
}

/** The name, and what a third person does here. @param {string | null} id */
export function labelOf(id) {
  const one = people.get(id ?? "");
  return one && words[`role_${one.role}`] ? say(`role_${one.role}`, { name: one.name }) : nameOf(id);
}

/** Take the list of the wire. @param {import("./signalling.js").Somebody[]} told */
export function take(told) {
  for (const one of told) people.set(one.id, one);
  for (const id of [...people.keys()]) if (!told.some((one) => one.id === id)) people.delete(id);
}

/** The other side of the picture: a jobseeker for the host, the host for the jobseeker. */
export function partner() {
  const admitted = [...people.values()].filter((one) => one.id !== wire.me && !one.text_only && one.standing === "admitted");
  const here = admitted.filter((one) => one.here);
  const pool = here.length ? here : admitted;
  // A third person is never taken for the jobseeker.
  return pool.find((one) => (wire.hosts ? one.role === "jobseeker" : one.hosts)) ?? pool.find((one) => one.hosts !== wire.hosts) ?? pool[0];
}

/** What the other side says that it sends. @returns {Shown | undefined} */
export function theirs() {
  return media ? shown.get(partner()?.id ?? "") : undefined;
}
