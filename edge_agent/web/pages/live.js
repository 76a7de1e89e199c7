// The screen's frames, each decoded before it is drawn: no flicker, and no frame is asked for twice.
const canvas = document.getElementById("screen");
const note = document.getElementById("note");
const RETRY_MS = 500;
let tag = null;

async function next() {
  const answer = await fetch("live/frame.jpg", { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
  if (answer.status === 304) return;
  if (!answer.ok) throw new Error("no frame yet");
  const frame = await createImageBitmap(await answer.blob());
  tag = answer.headers.get("etag");
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    canvas.width = frame.width;
    canvas.height = frame.height;
  }
  canvas.getContext("2d").drawImage(frame, 0, 0);
  frame.close();
  note.hidden = true;
}

for (;;) {
  try {
    await next();
  } catch {
    tag = null;
    note.hidden = false;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
