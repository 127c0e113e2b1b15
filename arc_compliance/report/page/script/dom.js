// Elements are made here and nowhere else. No text is ever read as markup.
const SVG = "http://www.w3.org/2000/svg";

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== ""));
  return element;
};

const sign = (tone) => {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", `sign tone-${tone}`);
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#sign-${tone}`);
  picture.append(use);
  return picture;
};

const byId = (id) => document.getElementById(id);
const isolated = (text) => make("bdi", {}, text);
// A name that may be broken behind its dots and dashes, as narrow columns need it.
const breakable = (name) => make("bdi", {}, name.split(/(?<=[.\-])/).flatMap((part) => [part, make("wbr")]));
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const plural = (number, one) => `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
