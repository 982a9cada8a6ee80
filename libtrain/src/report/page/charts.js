
// Charts of the report, by Chart.js. Each canvas says in data-painted how many of its pixels have colour.
const charts = (() => {
  "use strict";
  const palette = ["#1f6feb", "#d9480f", "#2b8a3e", "#9c36b5", "#c92a2a", "#0b7285", "#e67700", "#5f3dc4", "#495057", "#a61e4d"];
  const colour = (i, n) => n <= palette.length ? palette[i % palette.length] : `hsl(${(i * 137.508) % 360} 62% ${42 + 14 * (i % 3 - 1)}%)`;

  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  Chart.defaults.color = "#5b6875";

  Chart.register({
    id: "painted",
    afterRender(chart) {
      const { canvas, ctx } = chart;
      if (!canvas.width || !canvas.height) return;
      const bytes = ctx.getImageData(0, 0, canvas.width, canvas.height).data;
      let count = 0;
      for (let i = 3; i < bytes.length; i += 4) count += bytes[i] > 0;
      canvas.dataset.painted = count;
    },
  });

  const holder = (height) => {
    const box = document.createElement("div");
    box.className = "chart";
    if (height) box.style.height = height + "px";
    const canvas = box.appendChild(document.createElement("canvas"));
    return { box, canvas };
  };

  const short = (text, most) => text.length <= most ? text : text.slice(0, most - 1) + "…";

  // series: [{name, x: [], y: [], colour, dashed, faint, unnamed}]; unnamed ones are not in the legend.
  function lines(series, { from, to, legend = true }, height) {
    const { box, canvas } = holder(height);
    const longest = Math.max(...series.map((one) => one.x.length), 0);
    const last = Math.max(...series.flatMap((one) => one.x.slice(-1)), 1);
    new Chart(canvas, {
      type: "line",
      data: {
        datasets: series.map((one) => ({
          label: one.name,
          data: one.x.map((x, i) => ({ x, y: one.y[i] })),
          borderColor: one.colour, backgroundColor: one.colour,
          pointBackgroundColor: one.dashed ? "#fff" : one.colour,
          borderWidth: one.faint || longest > 300 ? 1 : 2, borderDash: one.dashed ? [6, 4] : [],
          pointRadius: longest > 30 ? 0 : one.faint ? 2 : 3, pointHitRadius: 6, spanGaps: true, tension: 0,
        })),
      },
      options: {
        parsing: false, normalized: true,
        interaction: { mode: "nearest", intersect: false }, clip: 6,
        scales: {
          x: { type: "linear", min: longest > 1 ? 1 : 0, max: longest > 1 ? last : last + 1,
               title: { display: true, text: "epoch" }, ticks: { precision: 0, maxTicksLimit: 11 }, grid: { color: "#eef1f4" } },
          y: { min: from, max: to, grace: from === undefined ? "5%" : 0, grid: { color: "#eef1f4" } },
        },
        plugins: {
          legend: { display: legend, position: "bottom",
                    labels: { boxWidth: 18, boxHeight: 2, padding: 10, filter: (item) => !series[item.datasetIndex].unnamed,
                              generateLabels: (chart) => Chart.defaults.plugins.legend.labels.generateLabels(chart)
                                .map((label) => ({ ...label, text: short(label.text, 30) })) } },
          tooltip: { callbacks: { title: (items) => items.length ? "epoch " + items[0].parsed.x : "" } },
        },
      },
    });
    return box;
  }

  // Box of the quartiles with the median, and whiskers to the furthest values.
  const boxes = (rows) => ({
    id: "boxes",
    beforeDatasetsDraw(chart) {
      const { ctx, scales: { x, y } } = chart;
      ctx.save();
      rows.forEach((row, i) => {
        if (!row.points.length) return;
        const at = (value) => x.getPixelForValue(value);
        const top = y.getPixelForValue(i - 0.3), bottom = y.getPixelForValue(i + 0.3), middle = (top + bottom) / 2;
        ctx.strokeStyle = "#8a97a5"; ctx.lineWidth = 1;
        ctx.beginPath(); ctx.moveTo(at(row.min), middle); ctx.lineTo(at(row.max), middle); ctx.stroke();
        ctx.fillStyle = "#e4ebf3";
        ctx.fillRect(at(row.q1), top, at(row.q3) - at(row.q1), bottom - top);
        ctx.strokeRect(at(row.q1), top, at(row.q3) - at(row.q1), bottom - top);
        ctx.strokeStyle = "#1d2733"; ctx.lineWidth = 2;
        ctx.beginPath(); ctx.moveTo(at(row.median), top); ctx.lineTo(at(row.median), bottom); ctx.stroke();
      });
      ctx.restore();
    },
  });

  // rows: [{name, min, q1, median, q3, max, points: [{value, name}]}; no points where no case has the class]
  function strips(rows, { xTitle, from, to }) {
    const { box, canvas } = holder(90 + 34 * rows.length);
    const points = rows.flatMap((row, i) => row.points.map((point, j) => ({
      x: point.value, y: i + 0.4 * (((j * 0.618034) % 1) - 0.5), name: point.name, row: row.name })));
    new Chart(canvas, {
      type: "scatter",
      data: { datasets: [{ data: points, backgroundColor: "rgba(31,111,235,.55)", borderColor: "rgba(31,111,235,.9)",
                           borderWidth: 1, pointRadius: 3.5, pointHoverRadius: 5 }] },
      options: {
        clip: 8,
        scales: {
          x: { min: from, max: to, grace: "4%", title: { display: true, text: xTitle }, grid: { color: "#eef1f4" } },
          y: { min: -0.5, max: rows.length - 0.5, reverse: true, grid: { display: false },
               afterBuildTicks: (axis) => { axis.ticks = rows.map((_, i) => ({ value: i })); },
               ticks: { autoSkip: false, color: "#1d2733", callback: (i) => rows[i] ? short(rows[i].name, 34) : "" } },
        },
        plugins: {
          legend: { display: false },
          tooltip: { callbacks: { label: ({ raw }) => `${raw.name}: ${raw.x.toFixed(4)} (${raw.row})` } },
        },
      },
      plugins: [boxes(rows)],
    });
    return box;
  }

  return { lines, strips, colour };
})();
