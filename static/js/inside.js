// @ts-check
/** What only those inside need: fetched on the way in, so that the page before it stays light for who pays for each megabyte. */
import "./beside.js";
import "./captions.js";
import "./lobby.js";
import "./more.js";
import "./phone.js";
import "./quality.js";
import "./share.js";
import "./text-line.js";
