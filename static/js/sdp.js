// @ts-check
/** Words in a description of a connection by which one side asks the other to send less. */

/** Bits a second of picture that a description asks for at most (RFC 8866 5.8: AS in thousands, TIAS in ones), or 0. @param {string} sdp */
export function most(sdp) {
  const picture = sdp.split(/^(?=m=)/m).find((one) => one.startsWith("m=video"));
  const asked = /^b=(AS|TIAS):(\d+)/m.exec(picture ?? "");
  return asked ? Number(asked[2]) * (asked[1] === "AS" ? 1000 : 1) : 0;
}

/** Opus at 20 kbit/s in packets of 60 ms, silence left out: a third of the packets' overhead of 20 ms. @param {string} sdp */
export function lean(sdp) {
  const opus = /^a=rtpmap:(\d+) opus\/48000/im.exec(sdp)?.[1];
  if (!opus || /^a=ptime:/m.test(sdp)) return sdp;
  const asks = new RegExp(`^a=fmtp:${opus} ([^\\r\\n]*)`, "m");
  const more = "maxaveragebitrate=20000;usedtx=1";
  const asked = asks.test(sdp) ? sdp.replace(asks, `a=fmtp:${opus} $1;${more}`) : sdp.replace(/^(a=rtpmap:\d+ opus[^\r\n]*)/im, `$1\r\na=fmtp:${opus} ${more}`);
  return asked.replace(/^(a=rtpmap:\d+ opus[^\r\n]*)/im, "$1\r\na=ptime:60");
}
