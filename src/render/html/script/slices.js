// Slices: how many samples of each label took how long in each slice of time. The figures of any part of
// the run are computed from them, within the precision of their steps.

// The steps are those of stats/steps.rs: exact below 2^bits, then 2^(bits - 1) per doubling.
const rangeOf = (step, bits) => {
  const doublings = Math.max(0, (step >> (bits - 1)) - 1);
  const start = step - doublings * 2 ** (bits - 1);
  return [start * 2 ** doublings, (start + 1) * 2 ** doublings - 1];
};
const middleOf = (step, bits) => {
  const [low, high] = rangeOf(step, bits);
  return low + Math.floor((high - low) / 2);
};

// Decodes one label's slices, as report/slices_text.rs describes them.
const decoded = (packed) => {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  let at = 0;
  const take = () => {
    let [number, factor] = [0, 1];
    for (;;) {
      const byte = bytes[at];
      at += 1;
      number += (byte & 127) * factor;
      if (byte < 128) return number;
      factor *= 128;
    }
  };
  const slices = [];
  let index = 0;
  while (at < bytes.length) {
    index += take();
    const sum = take();
    const steps = () => {
      const length = take();
      const first = length ? take() : 0;
      return { first, counts: Array.from({ length }, take) };
    };
    slices.push({ index, sum: sum % 2 ? -(sum + 1) / 2 : sum / 2, ok: steps(), ko: steps() });
  }
  return slices;
};

// What samples took: counts by step, and their sum.
class Times {
  constructor(bits) {
    this.bits = bits;
    this.counts = new Float64Array((65 - bits) << (bits - 1));
    // The first step with samples, and the one behind the last.
    [this.low, this.high] = [Infinity, 0];
    [this.samples, this.errors, this.sum] = [0, 0, 0];
  }

  add(slice, outcomes = ["ok", "ko"]) {
    for (const outcome of outcomes) {
      const { first, counts } = slice[outcome];
      if (!counts.length) continue;
      this.low = Math.min(this.low, first);
      this.high = Math.max(this.high, first + counts.length);
      for (let at = 0; at < counts.length; at += 1) {
        if (!counts[at]) continue;
        this.counts[first + at] += counts[at];
        this.samples += counts[at];
        if (outcome === "ko") this.errors += counts[at];
      }
    }
    this.sum += slice.sum;
    return this;
  }

  // Calls back with each step that has samples: its range and count.
  each(visit) {
    for (let step = this.low; step < this.high; step += 1) if (this.counts[step]) visit(rangeOf(step, this.bits), this.counts[step]);
  }

  // Returns the value at a share of the samples, as JMeter ranks it.
  at(share) {
    const rank = Math.max(1, Math.floor(this.samples * share + 0.5));
    let below = 0;
    for (let step = this.low; step < this.high; step += 1) {
      below += this.counts[step];
      if (below >= rank) return middleOf(step, this.bits);
    }
    return null;
  }

  get min() {
    return this.samples ? rangeOf(this.low, this.bits)[0] : null;
  }

  get max() {
    return this.samples ? rangeOf(this.high - 1, this.bits)[1] : null;
  }

  get mean() {
    return this.samples ? this.sum / this.samples : null;
  }

  get errorShare() {
    return this.samples ? this.errors / this.samples : null;
  }
}

// The slices of the run by label; `null` stands for all labels together.
class Slices {
  constructor(packed) {
    Object.assign(this, packed);
    this.known = new Map();
    // What has been added up for the current selection.
    this.summed = new Map();
  }

  has(label) {
    return label === null || this.cells[label] !== null;
  }

  of(label) {
    if (!this.known.has(label)) this.known.set(label, label === null ? this.total() : decoded(this.cells[label]));
    return this.known.get(label);
  }

  // Adds up all labels, slice by slice.
  total() {
    const all = Array.from({ length: this.count }, (_, index) => ({ index, sum: 0, ok: [], ko: [] }));
    const parts = this.cells.flatMap((cells, label) => (cells === null ? [] : this.of(label)));
    for (const slice of [...parts, ...decoded(this.others)]) {
      const whole = all[slice.index];
      whole.sum += slice.sum;
      for (const outcome of ["ok", "ko"]) {
        const { first, counts } = slice[outcome];
        counts.forEach((count, at) => { whole[outcome][first + at] = (whole[outcome][first + at] || 0) + count; });
      }
    }
    const packed = (counts) => {
      const first = Math.max(0, counts.findIndex((count) => count > 0));
      return { first, counts: Array.from(counts.slice(first), (count) => count || 0) };
    };
    const occupied = all.filter((slice) => slice.ok.length || slice.ko.length);
    return occupied.map((slice) => ({ ...slice, ok: packed(slice.ok), ko: packed(slice.ko) }));
  }

  // Returns the first slice of a part of the run, and the one behind its last.
  range(view) {
    if (!view) return [0, this.count];
    const first = Math.min(this.count - 1, Math.max(0, Math.round((view[0] - this.start) / this.width)));
    return [first, Math.min(this.count, Math.max(first + 1, Math.round((view[1] - this.start) / this.width)))];
  }

  // Returns the time that slices cover, ms since the start of the run.
  covered(first, end) {
    const inside = (time) => Math.min(data.length, Math.max(0, time));
    return [inside(this.start + first * this.width), inside(this.start + end * this.width)];
  }

  // Adds up a label's slices in a part of the run.
  within(label, view, outcomes) {
    const key = `${label} ${view} ${outcomes}`;
    if (!this.summed.has(key)) {
      const [first, end] = this.range(view);
      const times = new Times(this.bits);
      for (const slice of this.of(label)) if (slice.index >= first && slice.index < end) times.add(slice, outcomes);
      this.summed.set(key, times);
    }
    return this.summed.get(key);
  }

  // Returns the figures of a label slice by slice, `by` slices at once, each with its middle in time.
  over(label, by = 1, outcomes = undefined) {
    const joined = new Map();
    for (const slice of this.of(label)) {
      const place = Math.floor(slice.index / by);
      if (!joined.has(place)) joined.set(place, new Times(this.bits));
      joined.get(place).add(slice, outcomes);
    }
    return [...joined].map(([place, times]) => {
      const [from, to] = this.covered(place * by, (place + 1) * by);
      return { place, from, to, x: (from + to) / 2, seconds: (to - from) / 1000, times };
    });
  }

  // Returns how many slices to join so that each has enough samples to have percentiles.
  joinedBy(label) {
    const samples = this.of(label).reduce((sum, slice) => sum + [...slice.ok.counts, ...slice.ko.counts].reduce((a, b) => a + b, 0), 0);
    let by = 1;
    while (this.count / by >= 60 && samples < (10 * this.count) / by) by *= 2;
    return by;
  }
}
