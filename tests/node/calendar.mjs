// A calendar that does what iTIP says (RFC 5546), with ical.js: reads calendar texts from standard input, one JSON list, and prints
// what is then in it. A later SEQUENCE replaces, CANCEL takes out, an older one changes nothing.
import ICAL from "ical.js";

let typed = "";
for await (const piece of process.stdin) typed += piece;
const kept = new Map();
for (const text of JSON.parse(typed)) {
  const book = new ICAL.Component(ICAL.parse(text));
  for (const zone of book.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const item = new ICAL.Event(book.getFirstSubcomponent("vevent"));
  const before = kept.get(item.uid);
  if (before && before.sequence > item.sequence) continue;
  const gone = book.getFirstPropertyValue("method") === "CANCEL";
  kept.set(item.uid, {
    uid: item.uid,
    sequence: item.sequence,
    starts: item.startDate.toUnixTime(),
    ends: item.endDate.toUnixTime(),
    gone,
    sent: text.length,
  });
  ICAL.TimezoneService.reset();
}
console.log(JSON.stringify([...kept.values()].filter((one) => !one.gone)));
