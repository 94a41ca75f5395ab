// @ts-check
/** The page on which devices are tried before the day: the check, the test of the line, and the choice to hide one's address. */
import { opened, testLine } from "./check.js";
import { thriftyLine } from "./device.js";
import "./address.js";

// Who saves data is not made to pay for it: they press the button.
if (!thriftyLine()) void opened.then(testLine);
