// @ts-check
/** How well I hear and see the other side, in one word that they are told: "well", "badly", or "" while nothing comes. */

/** Above one of these, twice in a row, it is badly; shares of what was sent, and of the sound that had to be made up. */
const BADLY = { loss: 0.1, concealed: 0.15 };
/**
 * Who heard badly hears well again at once where so many packets came and next to none was lost: on a line that loses a tenth that that happens
 * about once in ten minutes. Else below the second pair of figures for a while. At the edge the word would flap, and the picture with it.
 */
const CLEAN = { loss: 0.01, packets: 30 };
const WELL = { loss: 0.05, concealed: 0.08, looks: 6 };

export class Hearing {
  constructor() {
    this.says = "";
    this.bad = this.better = this.clean = 0;
  }

  /** @param {{loss: number, came: number, concealed: number}} seen @param {boolean} flows @returns {string} */
  look(seen, flows) {
    const bad = flows && (seen.loss > BADLY.loss || seen.concealed > BADLY.concealed);
    const better = seen.loss < WELL.loss && seen.concealed < WELL.concealed;
    this.bad = bad ? this.bad + 1 : 0;
    this.better = better ? this.better + 1 : 0;
    this.clean = better && seen.loss <= CLEAN.loss ? this.clean + seen.came : 0;
    if (!flows) this.says = "";
    else if (this.bad > 1) this.says = "badly";
    else if (this.says === "badly" ? this.clean >= CLEAN.packets || this.better >= WELL.looks : !bad) this.says = "well";
    return this.says;
  }
}
