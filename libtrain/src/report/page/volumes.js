// The shown cases in three dimensions, by NiiVue: one at a time. The canvas says in data-painted how many of its
// pixels are not black, and in data-shown how many different volumes it has shown.
const volumes = (report, el, choice) => {
  "use strict";
  const shown = report.pictures.flatMap((pictures) => pictures.cases.filter((one) => one.volumes)
    .map((one) => ({ ...one, model: pictures.name, legend: pictures.legend })));
  if (!shown.length) return [el("p", { class: "soft" }, "No case is shown, or all are flat pictures.")];
  const canvas = el("canvas", { class: "volume" }), message = el("p", { class: "soft" });
  const layers = ["prediction", "reference", "neither"];
  const views = [["slices", "sliceTypeMultiplanar"], ["axial", "sliceTypeAxial"], ["coronal", "sliceTypeCoronal"],
                 ["sagittal", "sliceTypeSagittal"], ["three-dimensional", "sliceTypeRender"]];
  const first = { number: 0, layer: 0, opacity: 0.5 }, chosen = { ...first }, seen = new Set();
  let viewer = null, last = Promise.resolve();

  const colours = (legend, values) => {
    const known = new Map(legend.map((label) => [label.value, label.colour]));
    const parts = values.map((value) => (known.get(value) ?? "#e63c3c").match(/\w\w/g).map((part) => parseInt(part, 16)));
    return { I: [0, ...values], R: [0, ...parts.map((rgb) => rgb[0])], G: [0, ...parts.map((rgb) => rgb[1])], B: [0, ...parts.map((rgb) => rgb[2])] };
  };
  const painted = () => {
    const gl = viewer.gl, bytes = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
    viewer.drawScene();
    gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    let count = 0;
    for (let i = 0; i < bytes.length; i += 4) count += bytes[i] + bytes[i + 1] + bytes[i + 2] > 0;
    return count;
  };
  const add = async (base64, legend, options) => {
    const image = await niivue.NVImage.loadFromBase64({ base64, name: "volume.nii.gz", ...options });
    if (!options.colormap) {
      const values = [...new Set(image.img)].filter((value) => value > 0).sort((a, b) => a - b);
      image.setColormapLabel(colours(legend, values));
    }
    viewer.addVolume(image);
  };
  // Without a scan the label map lies on an empty one.
  async function load({ number, layer, opacity }) {
    const one = shown[number], { scan, prediction } = one.volumes;
    for (const volume of [...viewer.volumes]) viewer.removeVolume(volume);
    await add(scan ?? prediction, one.legend, { colormap: "gray", cal_min: 0, cal_max: 255, opacity: scan ? 1 : 0 });
    const labels = one.volumes[layers[layer]];
    if (labels) await add(labels, one.legend, { opacity });
    const step = Math.max(...one.volumes.step);
    message.textContent = (one.volumes.reference || layer !== 1 ? "" : "This case has no reference. ") +
      (step > 1 ? `Along its longest side every ${step}${step === 2 ? "nd" : step === 3 ? "rd" : "th"} voxel is shown. ` : "") +
      "Drag to move the cross or to turn, scroll to change the slice, drag with the right button to change the contrast.";
    canvas.dataset.painted = painted();
    if (canvas.dataset.painted > 0) seen.add(`${number} ${layer}`);
    canvas.dataset.shown = seen.size;
  }
  async function start() {
    viewer = new niivue.Niivue({ dragAndDropEnabled: false, logLevel: "error", show3Dcrosshair: true, crosshairWidth: 0.3, isSliceMM: true });
    await viewer.attachToCanvas(canvas);
    viewer.setSliceType(viewer.sliceTypeMultiplanar);
    await load(first);
  }
  const inTurn = (work) => {
    last = last.then(work).catch((error) => {
      message.textContent = "The volumes cannot be shown (" + error.message + "): this needs a browser with WebGL2.";
      canvas.dataset.failed ??= error.message;
    });
  };
  const change = (what) => {
    const wanted = { ...Object.assign(chosen, what) };
    inTurn(() => load(wanted));
  };
  inTurn(() => new Promise(requestAnimationFrame).then(start));  // once the canvas has its place
  const opacity = el("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "opacity of the labels" });
  opacity.addEventListener("input", () => {
    chosen.opacity = Number(opacity.value) / 100;
    if (viewer && viewer.volumes.length > 1) viewer.setOpacity(1, chosen.opacity);
  });
  const several = new Set(shown.map((one) => one.model)).size > 1;
  return [el("div", { class: "controls" },
             choice("case", shown.map((one) => [several ? one.model + ": " : "", one.rank ? one.rank + ": " : "", one.name].join("")),
                    (number) => change({ number })),
             choice("labels", layers, (layer) => change({ layer })),
             choice("view", views.map(([name]) => name), (i) => inTurn(() => viewer.setSliceType(viewer[views[i][1]]))),
             el("label", {}, "opacity ", opacity)),
          el("div", { class: "volumes" }, canvas), message];
};
