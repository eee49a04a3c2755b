/* -- this page as microphone and loudspeaker ----------------------------------------------- */
const RATE = 16000;
const WORKLET = `
class Resampler {
  // Windowed sinc; phase by phase from a table.
  constructor(from, to) {
    this.step = from / to; this.half = Math.ceil(10 * Math.max(1, this.step)); this.phases = 256;
    const cut = Math.min(1, to / from) * .94, taps = 2 * this.half;
    this.table = Array.from({length: this.phases + 1}, (_, phase) => {
      const row = new Float32Array(taps); let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        const x = tap - this.half + 1 - phase / this.phases;
        const w = .5 + .5 * Math.cos(Math.PI * Math.max(-1, Math.min(1, x / this.half)));
        row[tap] = w * (x === 0 ? cut : Math.sin(Math.PI * cut * x) / (Math.PI * x)); sum += row[tap];
      }
      return row.map(each => each / sum);
    });
    this.rest = new Float32Array(taps); this.at = this.half - 1;
  }
  push(input) {
    const all = new Float32Array(this.rest.length + input.length);
    all.set(this.rest); all.set(input, this.rest.length);
    const out = [];
    while (Math.floor(this.at) + this.half < all.length) {
      const whole = Math.floor(this.at), row = this.table[Math.round((this.at - whole) * this.phases)];
      let sum = 0;
      for (let tap = 0, from = whole - this.half + 1; tap < row.length; tap++) sum += row[tap] * all[from + tap];
      out.push(sum); this.at += this.step;
    }
    const keep = Math.max(0, Math.floor(this.at) - this.half + 1);
    this.rest = all.slice(keep); this.at -= keep;
    return out;
  }
}
class Microphone extends AudioWorkletProcessor {
  constructor() { super(); this.resampler = new Resampler(sampleRate, ${RATE}); this.out = []; }
  process([[input]]) {
    if (!input) return true;
    this.out.push(...this.resampler.push(input));
    while (this.out.length >= 320) {
      const piece = new DataView(new ArrayBuffer(640));
      this.out.splice(0, 320).forEach((each, i) => piece.setInt16(2 * i, Math.max(-32768, Math.min(32767, Math.round(each * 32767))), true));
      this.port.postMessage(piece.buffer, [piece.buffer]);
    }
    return true;
  }
}
class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super(); this.resampler = new Resampler(${RATE}, sampleRate); this.waiting = []; this.frames = 0;
    this.flowing = false; this.sounded = 0; this.told = 0;
    this.port.onmessage = ({data}) => {
      const view = new DataView(data), sound = new Float32Array(data.byteLength >> 1);
      for (let i = 0; i < sound.length; i++) sound[i] = view.getInt16(2 * i, true) / 32768;
      const piece = this.resampler.push(sound);
      this.waiting.push({piece, at: 0}); this.frames += piece.length;
    };
  }
  process(_inputs, [channels]) {
    const out = channels[0];
    if (this.frames >= .12 * sampleRate) this.flowing = true;
    if (this.flowing) {
      for (let i = 0; i < out.length && this.frames; i++) {
        const first = this.waiting[0];
        out[i] = first.piece[first.at++]; this.frames--;
        if (Math.abs(out[i]) > .003) this.sounded++;
        if (first.at >= first.piece.length) this.waiting.shift();
      }
      if (!this.frames) this.flowing = false;
      for (const other of channels.slice(1)) other.set(out);
    }
    if (this.sounded - this.told > sampleRate / 20) { this.told = this.sounded; this.port.postMessage(this.sounded / sampleRate); }
    return true;
  }
}
registerProcessor("microphone", Microphone);
registerProcessor("loudspeaker", Loudspeaker);
`;
const player = {node: null, play(pcm) { if (player.node) player.node.port.postMessage(pcm, [pcm]); }};
const sound = {
  context: null, stream: null, isMine: false, isOpen: false,
  // Take the page as microphone and loudspeaker; false, with a sentence, where that cannot be.
  async begin() {
    if (sound.isMine) return true;
    try {
      if (!navigator.mediaDevices || !window.AudioWorkletNode)
        throw new Error("A browser gives its microphone only to pages of this machine, or over https. Open this page as http://localhost, through ssh -L for instance.");
      if (!sound.context) {
        sound.context = new AudioContext();
        const module = URL.createObjectURL(new Blob([WORKLET], {type: "text/javascript"}));
        await sound.context.audioWorklet.addModule(module);
        URL.revokeObjectURL(module);
        player.node = new AudioWorkletNode(sound.context, "loudspeaker", {numberOfInputs: 0, outputChannelCount: [1]});
        player.node.port.onmessage = ({data}) => put($("played-here"), `${data.toFixed(1)} s played here`);
        player.node.connect(sound.context.destination);
      }
      await sound.context.resume();
      if (!sound.stream) {
        sound.stream = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: true, noiseSuppression: false, autoGainControl: true}});
        const microphone = new AudioWorkletNode(sound.context, "microphone", {numberOfOutputs: 0});
        microphone.port.onmessage = ({data}) => { if (sound.isOpen) send(data); };
        sound.context.createMediaStreamSource(sound.stream).connect(microphone);
      }
      sound.isMine = true;
      send({do: "sound", on: true});
      sound.show();
      return true;
    } catch (error) {
      put($("trouble"), error.name === "NotAllowedError" ? "This page may not use the microphone; allow it beside the address." : error.message);
      return false;
    }
  },
  // Let what the microphone hears through, or no longer.
  open(on) {
    if (!sound.isMine || on === sound.isOpen) return;
    sound.isOpen = on;
    if (!on) send(new ArrayBuffer(0));
  },
  end() {
    sound.open(false);
    if (sound.isMine) send({do: "sound", on: false});
    sound.lost();
    for (const track of sound.stream ? sound.stream.getTracks() : []) track.stop();
    sound.stream = null;
  },
  mine(is) {
    if (!is && sound.isMine) put($("trouble"), "Another page is microphone and loudspeaker now.");
    if (is) sound.isMine = true; else sound.lost();
    sound.show();
  },
  lost() { sound.isMine = sound.isOpen = false; sound.show(); },
  show() {
    $("sound").setAttribute("aria-pressed", sound.isMine);
    put($("sound"), sound.isMine ? "This page is microphone and loudspeaker" : "Use this page as microphone and loudspeaker");
    $("open-mic").disabled = !sound.isMine;
    if (!sound.isMine) $("open-mic").checked = false;
  },
};
$("sound").onclick = () => sound.isMine ? sound.end() : sound.begin();
$("open-mic").onchange = () => sound.open($("open-mic").checked);
connect();
