// A gentle two-note chime, off until somebody wants it.
const NOTES_HZ = [659, 880];

let context = null;

/** Call from a click: browsers let pages sound only after one. */
export function allowSound() {
  context ??= new AudioContext();
  context.resume();
}

export function chime() {
  if (context === null || context.state !== "running") return;
  NOTES_HZ.forEach((frequency, index) => {
    const start = context.currentTime + index * 0.16;
    const tone = new OscillatorNode(context, { frequency, type: "sine" });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.linearRampToValueAtTime(0.12, start + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.55);
  });
}
