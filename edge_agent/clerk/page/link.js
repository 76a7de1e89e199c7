// The connection to the store's broker: MQTT over WebSocket on the page's own origin.
import mqtt from "mqtt";

const ROOT = "ea/1";
const MESSAGE_MAX_BYTES = 64 * 1024;
const KEEPALIVE_S = 10;

export function randomId(bytes = 8) {
  // getRandomValues also exists on plain HTTP, where randomUUID does not
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Connect and stay connected. `on` = {online(bool), message(kind, event)}. Returns {reply, hello, end}. */
export function connect({ store, tablet, departments }, on) {
  const topic = (kind, name) => `${ROOT}/${store}/${kind}/${name}`;
  const event = (type, data) => JSON.stringify({
    specversion: "1.0", id: randomId(16), source: `/stores/${store}/tablets/${tablet}`, type,
    time: new Date().toISOString(), datacontenttype: "application/json", data,
  });
  const presence = (online) => event("tablet.presence", { tablet, online });
  const url = new URL("mqtt", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";

  const client = mqtt.connect(url.href, {
    clientId: `tablet-${tablet}`,
    protocolVersion: 4,
    clean: true,
    keepalive: KEEPALIVE_S,
    connectTimeout: 5000,
    reconnectPeriod: 1000 + Math.random() * 1000, // a shop of tablets does not come back at once
    resubscribe: false,
    timerVariant: "native", // no worker from a blob: the page's policy forbids it
    will: { topic: topic("tablet", tablet), payload: presence(false), qos: 1, retain: true },
  });
  const hello = () => client.publish(topic("hello", tablet), event("tablet.hello", { tablet, departments }), { qos: 1 });

  client.on("connect", () => {
    const topics = [...departments.map((department) => topic("card", department)), topic("unit", "+")];
    client.subscribe(topics, { qos: 1 }, (problem) => {
      if (problem) return;
      on.online(true);
      client.publish(topic("tablet", tablet), presence(true), { qos: 1, retain: true });
      hello();
    });
  });
  client.on("close", () => on.online(false));
  client.on("error", () => {}); // "close" follows
  client.on("message", (name, payload, packet) => {
    const [, , , kind, last] = name.split("/");
    if (payload.length > MESSAGE_MAX_BYTES || (kind === "card" && packet.retain)) return;
    let parsed;
    try {
      parsed = JSON.parse(payload.toString());
    } catch {
      return;
    }
    if (parsed && typeof parsed.data === "object" && parsed.data !== null) on.message(kind, last, parsed);
  });

  return {
    hello,
    reply: (unit, data) =>
      client.publish(topic("reply", unit), event("card.replied", { reply: randomId(16), tablet, ...data }), { qos: 1 }),
    end: () => client.publish(topic("tablet", tablet), presence(false), { qos: 1, retain: true }, () => client.end()),
  };
}
