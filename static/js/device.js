// @ts-check
/** Camera, microphone and speaker of this device: opening them, what can go wrong in plain codes, how loud it is. */

const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } };
/** Hands are read: no fewer than twenty pictures a second. */
const HANDS = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30, min: 20 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** What this browser can not do at all, or "". @returns {string} `insecure`, `no_call`, or "" */
export function lacks() {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia || !("RTCPeerConnection" in window)) return "no_call";
  return "";
}

/**
 * Open camera and microphone, or what of them there is.
 * @param {{camera: boolean, microphone: boolean, cameraId?: string, microphoneId?: string, signs?: boolean}} wanted
 * @returns {Promise<{stream: MediaStream | null, camera: string, microphone: string}>} for each kind "" or the code of its problem:
 *   denied, blocked, missing, busy, insecure, no_call, off
 */
export async function open(wanted) {
  const cannot = lacks();
  if (cannot) return { stream: null, camera: cannot, microphone: cannot };
  const video = wanted.camera ? { ...(wanted.signs ? HANDS : PICTURE), ...(wanted.cameraId ? { deviceId: { exact: wanted.cameraId } } : {}) } : false;
  const audio = wanted.microphone ? { ...SOUND, ...(wanted.microphoneId ? { deviceId: { exact: wanted.microphoneId } } : {}) } : false;
  const off = { camera: wanted.camera ? "" : "off", microphone: wanted.microphone ? "" : "off" };
  if (!video && !audio) return { stream: null, ...off };
  try {
    return { stream: await navigator.mediaDevices.getUserMedia({ video, audio }), ...off };
  } catch (why) {
    // A camera that can not give so many pictures gives what it can.
    if (wanted.signs && why instanceof DOMException && why.name === "OverconstrainedError") return open({ ...wanted, signs: false });
    if (!video || !audio) return { stream: null, camera: video ? problem(why) : off.camera, microphone: audio ? problem(why) : off.microphone };
  }
  const [sound, picture] = await Promise.all([alone({ audio }), alone({ video })]);
  const tracks = [...(sound.stream?.getTracks() ?? []), ...(picture.stream?.getTracks() ?? [])];
  return { stream: tracks.length ? new MediaStream(tracks) : null, camera: picture.problem, microphone: sound.problem };
}

/** @param {MediaStreamConstraints} wanted */
async function alone(wanted) {
  try {
    return { stream: await navigator.mediaDevices.getUserMedia(wanted), problem: "" };
  } catch (why) {
    return { stream: null, problem: problem(why) };
  }
}

/** @param {unknown} why */
function problem(why) {
  const name = why instanceof DOMException ? why.name : "";
  const words = why instanceof DOMException ? why.message.toLowerCase() : "";
  if (name === "NotAllowedError") return words.includes("system") ? "blocked" : "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return name === "SecurityError" ? "insecure" : "missing";
}

/** Whether the person or the network asks for little: then a call starts with sound alone. */
export function thriftyLine() {
  const network = /** @type {any} */ (navigator).connection;
  return Boolean(network?.saveData || ["slow-2g", "2g"].includes(network?.effectiveType));
}

/** Whether this camera can blur what is behind the person. @param {MediaStreamTrack | undefined} track */
export function blurs(track) {
  const can = /** @type {any} */ (track?.getCapabilities?.())?.backgroundBlur;
  return Array.isArray(can) && can.includes(true) && can.includes(false);
}

/** Devices of a kind, with names once the person has allowed them. @param {MediaDeviceKind} kind */
export async function devices(kind) {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return all.filter((one) => one.kind === kind && one.deviceId);
}

/**
 * Call `show` ten times a second with the loudness, 0 to 1; returns how to stop.
 * A timer, not the screen's frames: those stand still in a tab behind.
 * @param {MediaStream} stream @param {(loud: number) => void} show
 */
export function meter(stream, show) {
  if (!stream.getAudioTracks().length) return () => undefined;
  const audio = new AudioContext();
  const ear = new AnalyserNode(audio, { fftSize: 512 });
  audio.createMediaStreamSource(stream).connect(ear);
  const samples = new Uint8Array(ear.fftSize);
  const timer = window.setInterval(() => {
    ear.getByteTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += ((sample - 128) / 128) ** 2;
    show(Math.min(1, Math.sqrt(sum / samples.length) * 4));
  }, 100);
  return () => {
    window.clearInterval(timer);
    void audio.close();
  };
}

/** Three soft tones out of the speaker. */
export async function playTones() {
  const audio = new AudioContext();
  await audio.resume();
  [523, 659, 784].forEach((pitch, position) => {
    const at = audio.currentTime + position * 0.3;
    const tone = new OscillatorNode(audio, { frequency: pitch });
    const loudness = new GainNode(audio, { gain: 0 });
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.25, at + 0.04);
    loudness.gain.linearRampToValueAtTime(0, at + 0.28);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  });
  window.setTimeout(() => void audio.close(), 1500);
}
