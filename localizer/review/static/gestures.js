// Mouse, pen and fingers on the stage: pan, pinch, wheel, swipe, press to see the original.

const SWIPE = 56; // px
const PRESS = 350; // milliseconds
const STILL = 8; // px that a resting finger may move
const WHEEL = 0.0022; // of a doubling, for a pixel of the wheel

/**
 * `to` has `movable()`, `pan(dx, dy)`, `zoom(factor, x, y)`, `toggle(x, y)`, `drag(x)` (a mouse on a picture that
 * cannot be panned), `swipe(direction)`, `follow(dx)` and `peek(on)`; x and y are of the window.
 */
export function gestures(node, to) {
  const down = new Map(); // pointer → where it is
  let start = null;
  let axis = "";
  let peeking = false;
  let pressing = 0;
  let pinch = null;

  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("button, a, [role=slider]")) return;
    down.set(event.pointerId, event);
    node.setPointerCapture(event.pointerId);
    if (down.size === 1) {
      start = event;
      axis = "";
      if (event.pointerType !== "mouse") pressing = setTimeout(() => peek(true), PRESS);
      else if (!to.movable()) to.drag(event.clientX);
    } else {
      rest();
      pinch = spread();
    }
  });

  node.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    down.set(event.pointerId, event);
    if (down.size === 2) {
      const now = spread();
      to.zoom(now.length / pinch.length, now.x, now.y);
      to.pan(now.x - pinch.x, now.y - pinch.y);
      pinch = now;
      return;
    }
    const dx = event.clientX - start.clientX;
    const dy = event.clientY - start.clientY;
    if (Math.hypot(dx, dy) > STILL) rest(); // a finger that moves does not press
    if (to.movable()) to.pan(event.clientX - before.clientX, event.clientY - before.clientY);
    else if (event.pointerType === "mouse") to.drag(event.clientX);
    else {
      if (!axis && Math.hypot(dx, dy) > STILL) axis = Math.abs(dx) > 1.3 * Math.abs(dy) ? "x" : "y";
      if (axis === "x") to.follow(dx);
    }
  });

  function end(event) {
    if (!down.delete(event.pointerId)) return;
    const dx = event.clientX - (start?.clientX ?? event.clientX);
    const swiped = axis === "x" && !peeking && Math.abs(dx) > SWIPE && event.type === "pointerup";
    rest();
    pinch = null;
    if (down.size) {
      [start] = down.values();
      return;
    }
    start = null;
    axis = "";
    to.follow(0);
    if (swiped) to.swipe(dx < 0 ? "left" : "right");
  }

  node.addEventListener("pointerup", end);
  node.addEventListener("pointercancel", end);
  node.addEventListener("dblclick", (event) => to.toggle(event.clientX, event.clientY));
  node.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "touch") event.preventDefault(); // a long press shows the original
  });
  node.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey || event.metaKey || !to.movable()) {
        event.preventDefault();
        to.zoom(2 ** (-event.deltaY * (event.ctrlKey ? 4 : 1) * WHEEL), event.clientX, event.clientY);
      } else {
        event.preventDefault();
        to.pan(-event.deltaX, -event.deltaY);
      }
    },
    { passive: false },
  );

  function peek(on) {
    peeking = on;
    to.peek(on);
  }

  function rest() {
    clearTimeout(pressing);
    if (peeking) peek(false);
  }

  function spread() {
    const [a, b] = [...down.values()];
    return {
      x: (a.clientX + b.clientX) / 2,
      y: (a.clientY + b.clientY) / 2,
      length: Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)),
    };
  }
}
