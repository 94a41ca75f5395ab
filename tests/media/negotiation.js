// What a page does to negotiate with the unit; runs in real browsers. `answer` and `offer` give the text of the browser's description.

/** Left alone, browsers make the first layer the smallest (WebRTC 1.0, addTransceiver), whatever its name. */
const SCALE = { h: 1, l: 4 };

/** A made-up camera and microphone. */
async function sources() {
  return navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } });
}

/**
 * Answer the unit's offer; whoever publishes fills the sections `pa` and `pv`, nobody fills `ps`.
 * @param {{offer: string, publish: boolean}} how
 */
async function answer({ offer, publish }) {
  const pc = new RTCPeerConnection();
  await pc.setRemoteDescription({ type: "offer", sdp: offer });
  const stream = publish ? await sources() : null;
  for (const one of pc.getTransceivers()) {
    if (!["pa", "pv", "ps"].includes(one.mid)) continue;
    const track = stream?.getTracks().find((each) => each.kind === { pa: "audio", pv: "video" }[one.mid]);
    one.direction = track ? "sendonly" : "inactive";
    if (!track) continue;
    one.sender.setStreams(stream);
    await one.sender.replaceTrack(track);
    const parameters = one.sender.getParameters();
    for (const layer of parameters.encodings) if (layer.rid) layer.scaleResolutionDownBy = SCALE[layer.rid];
    await one.sender.setParameters(parameters);
  }
  await pc.setLocalDescription(await pc.createAnswer());
  const told = {
    sdp: pc.localDescription.sdp,
    sections: pc.getTransceivers().map((one) => ({ mid: one.mid, current: one.currentDirection, kind: one.receiver.track.kind })),
    layers: pc.getTransceivers().find((one) => one.mid === "pv")?.sender.getParameters().encodings.map((one) => [one.rid, one.scaleResolutionDownBy]),
  };
  stream?.getTracks().forEach((one) => one.stop());
  pc.close();
  return told;
}

/** A connection that has offered as a WHIP publisher or as a WHEP player. @param {boolean} publish */
async function asking(publish) {
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  for (const kind of ["audio", "video"]) {
    const layers = kind === "video" && publish ? { sendEncodings: [{ rid: "h" }, { rid: "l", scaleResolutionDownBy: 4 }] } : {};
    pc.addTransceiver(kind, { direction: publish ? "sendonly" : "recvonly", ...(publish && { streams: [new MediaStream()] }), ...layers });
  }
  await pc.setLocalDescription(await pc.createOffer());
  return pc;
}

/**
 * The offer of a WHIP publisher (`publish`) or of a WHEP player.
 * @param {{publish: boolean}} how
 */
async function offer({ publish }) {
  const pc = await asking(publish);
  const told = { sdp: pc.localDescription.sdp };
  pc.close();
  return told;
}

/**
 * Offer, and take our answer; gives how the sections ended up, and the layers.
 * @param {{publish: boolean}} how @param {(sdp: string) => Promise<string>} ask gives our answer to an offer
 */
async function agree({ publish }, ask) {
  const pc = await asking(publish);
  await pc.setRemoteDescription({ type: "answer", sdp: await ask(pc.localDescription.sdp) });
  const [audio, video] = pc.getTransceivers();
  const told = [audio.currentDirection, video.currentDirection, ...video.sender.getParameters().encodings.map((one) => one.rid ?? "")];
  pc.close();
  return told;
}
