// Where the eye is on a picture: scale and centre, the same for all panes that show it.

const MARGIN = 24; // pixels of the picture beside a box
const NEAREST = 8; // device pixels for one of the picture's

/** Fires `change`. Scale is in CSS pixels for one pixel of the picture. */
export class View extends EventTarget {
  #pane = { width: 1, height: 1 };
  #size = { width: 1, height: 1 };
  #fits = true;

  scale = 1;
  x = 0; // centre, in the picture's pixels
  y = 0;

  /** The scale at which one pixel of the picture is one of the screen. */
  get whole() {
    return 1 / window.devicePixelRatio;
  }

  get fit() {
    const { width, height } = this.#pane;
    const scale = Math.min(width / this.#size.width, height / this.#size.height);
    return Math.min(scale, 4 * this.whole);
  }

  /** Whether the whole picture is in view. */
  get fits() {
    return this.#fits;
  }

  /** Whether the picture is larger than the pane. */
  get movable() {
    return (
      this.#size.width * this.scale > this.#pane.width + 1 || this.#size.height * this.scale > this.#pane.height + 1
    );
  }

  /** Another picture, or another pane. */
  frame(pane, size) {
    const other = size.width !== this.#size.width || size.height !== this.#size.height;
    this.#pane = pane;
    this.#size = size;
    if (this.#fits || other) this.reset();
    else this.#settle();
  }

  reset() {
    this.#fits = true;
    this.scale = this.fit;
    this.x = this.#size.width / 2;
    this.y = this.#size.height / 2;
    this.#fire();
  }

  /** Put a point of the picture into the middle, at a scale. */
  look(x, y, scale = this.whole) {
    this.#fits = false;
    this.scale = scale;
    this.x = x;
    this.y = y;
    this.#settle();
  }

  /** A box at 100 %: its middle, or where its text begins if it is wider than the pane. */
  lookAt([x0, y0, x1, y1], dir) {
    const half = this.#pane.width / this.whole / 2 - MARGIN;
    const middle = (x0 + x1) / 2;
    const begin = dir === "rtl" ? x1 - half : x0 + half;
    this.look(x1 - x0 > 2 * half ? begin : middle, (y0 + y1) / 2);
  }

  /** Zoom, holding the point of the picture that is `dx`, `dy` from the pane's middle. */
  zoom(factor, dx = 0, dy = 0) {
    const scale = Math.min(NEAREST * this.whole, Math.max(this.fit, this.scale * factor));
    if (scale <= this.fit * 1.001) {
      this.reset();
      return;
    }
    this.#fits = false;
    this.x += dx / this.scale - dx / scale;
    this.y += dy / this.scale - dy / scale;
    this.scale = scale;
    this.#settle();
  }

  /** Move the picture by pixels of the screen. */
  pan(dx, dy) {
    this.#fits = false;
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.#settle();
  }

  /** How to draw a pane. */
  get transform() {
    const left = this.#pane.width / 2 - this.x * this.scale;
    const top = this.#pane.height / 2 - this.y * this.scale;
    return `translate(${left}px, ${top}px) scale(${this.scale})`;
  }

  /** No further than the picture's edge; what is smaller than the pane stays in its middle. */
  #settle() {
    const clamp = (centre, pane, size) => {
      const half = pane / this.scale / 2;
      return half * 2 >= size ? size / 2 : Math.max(half, Math.min(size - half, centre));
    };
    this.x = clamp(this.x, this.#pane.width, this.#size.width);
    this.y = clamp(this.y, this.#pane.height, this.#size.height);
    this.#fire();
  }

  #fire() {
    this.dispatchEvent(new Event("change"));
  }
}
