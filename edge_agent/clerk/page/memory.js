// What the tablet remembers: its random name, its departments, and whether it may sound.
import { randomId } from "./link.js";

const IDENTIFIER = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/;

export const isIdentifier = (value) => IDENTIFIER.test(value);

export function tabletName() {
  const asked = new URLSearchParams(location.search).get("tablet");
  if (asked !== null && isIdentifier(asked)) return asked;
  let name = recall("tablet");
  if (name === null || !isIdentifier(name)) {
    name = `t-${randomId()}`;
    keep("tablet", name);
  }
  return name;
}

export function chosenDepartments() {
  const asked = new URLSearchParams(location.search).getAll("department");
  const names = asked.length ? asked : (recall("departments") ?? "").split(",");
  return names.filter(isIdentifier).slice(0, 20);
}

export const keepDepartments = (names) => keep("departments", names.join(","));
export const soundWanted = () => recall("sound") === "on";
export const keepSound = (wanted) => keep("sound", wanted ? "on" : "off");

function recall(name) {
  try {
    return localStorage.getItem(`ea.${name}`);
  } catch {
    return null; // storage is switched off: the tablet is asked again next time
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(`ea.${name}`, value);
  } catch {
    // as above
  }
}
