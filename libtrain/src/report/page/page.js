// Builds the page from the report's content. Names come from files: they are only ever set as text.
(() => {
  "use strict";
  const report = JSON.parse(document.getElementById("content").textContent);
  const hasCharts = typeof charts !== "undefined";

  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      if (value !== null && value !== undefined) node.setAttribute(name, value);
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return node;
  };
  const number = (value, digits = 4) => Number.isFinite(value) ? value.toFixed(digits) : "–";
  const duration = (seconds) => {
    if (!Number.isFinite(seconds)) return "–";
    if (seconds < 60) return seconds.toFixed(seconds < 10 ? 1 : 0) + " s";
    const minutes = Math.round(seconds / 60);
    return minutes < 60 ? minutes + " min" : Math.floor(minutes / 60) + " h " + (minutes % 60) + " min";
  };
  const bytes = (count) => {
    if (!Number.isFinite(count)) return "–";
    const units = ["B", "kB", "MB", "GB", "TB"];
    let i = 0;
    while (count >= 1000 && i + 1 < units.length) { count /= 1000; ++i; }
    return (i && count < 100 ? count.toFixed(1) : Math.round(count)) + " " + units[i];
  };
  const finite = (values) => values.filter((value) => Number.isFinite(value));
  const mean = (values) => { const all = finite(values); return all.length ? all.reduce((a, b) => a + b, 0) / all.length : NaN; };
  const deviation = (values) => {
    const all = finite(values), middle = mean(all);
    return all.length < 2 ? NaN : Math.sqrt(all.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (all.length - 1));
  };
  // As NumPy's percentile: linear between neighbours.
  const quantile = (sorted, part) => {
    const place = (sorted.length - 1) * part, low = Math.floor(place), high = Math.ceil(place);
    return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
  };
  const link = (file) => el("a", { href: "./" + file.link.split("/").map(encodeURIComponent).join("/") }, file.name);

  // A table: heading cells (none where all are empty), rows of cells. A cell is text or a node; numeric columns are aligned right.
  const table = (heading, rows, { numeric = [], sums = 0, attributes = {} } = {}) => {
    const kind = (i) => numeric === "all-but-first" ? i > 0 : numeric.includes(i);
    const cell = (content, i) => el(i === 0 ? "th" : "td", { class: kind(i) ? "number" : null, scope: i === 0 ? "row" : null }, content);
    return el("div", { class: "scroll" }, el("table", attributes,
      heading.some((text) => text) ? el("thead", {}, el("tr", {}, heading.map((text, i) =>
        el("th", { class: kind(i) ? "number" : null, scope: "col" }, text)))) : null,
      el("tbody", {}, rows.map((row, i) => el("tr", { class: i >= rows.length - sums ? "sum" : null }, row.map(cell))))));
  };
  const choice = (label, options, onChange) => {
    const select = el("select", { "aria-label": label }, options.map((text, i) => el("option", { value: i }, text)));
    select.addEventListener("change", () => onChange(Number(select.value)));
    return el("label", {}, label + " ", select);
  };
  const figure = (title, content, attributes = {}) => el("figure", attributes, el("b", {}, title), content);
  const nothing = (text) => el("p", { class: "soft" }, text);

  function head() {
    const kinds = { work: "Work folder", model: "Trained model", predictions: "Predictions" };
    return [el("h1", {}, report.title),
            el("p", { class: "soft" }, `${kinds[report.kind]} `, el("span", { class: "path" }, report.folder),
               ` · reported ${report.made} by seg ${report.version}`),
            report.notices.length
              ? el("div", { class: "notice", id: "notices" }, el("b", {}, "What this report leaves out"),
                   el("ul", {}, report.notices.map((line) => el("li", {}, line))))
              : null];
  }

  function overview() {
    const facts = [];
    const fact = (value, name) => facts.push(el("div", { class: "fact" }, el("b", {}, value), el("span", {}, name)));
    const data = report.dataset;
    const single = report.evaluations.length === 1 ? report.evaluations[0] : null;
    if (data && report.kind !== "predictions") fact(String(data.cases), "training cases");
    if (single) fact(number(single.all_cases.foreground_mean.Dice), "mean Dice, " + single.all_cases.cases + " cases");
    if (data) fact(data.channels.join(", "), data.channels.length === 1 ? "channel" : "channels");
    if (data) fact(String(data.labels.filter((label) => !label.values.every((value) => value === 0)).length), "labels");
    const rows = report.trainings.map((training) => {
      const evaluation = report.evaluations.find((one) => one.name === training.model);
      const epochs = training.folds.map((fold) => (fold.epochs ?? 0) + (fold.all_epochs ? " of " + fold.all_epochs : ""));
      return [training.model, training.folds.map((fold) => fold.fold).join(", "),
              [...new Set(training.folds.map((fold) => fold.state))].join(", "), [...new Set(epochs)].join(", "),
              evaluation ? number(evaluation.all_cases.foreground_mean.Dice) : "–"];
    });
    const chosen = report.selection;
    const runs = report.kind !== "predictions" ? [] : report.records.filter(({ record }) => record.command === "predict");
    const runRows = runs.map(({ record: { options = {}, cases = [], device, seconds } }) =>
      [String(options.model ?? "–"), String(options.input ?? options.list ?? "–"), [options.folds ?? "all"].flat().join(", "),
       String(options.checkpoint ?? "–"), String(cases.length), device ?? "–", duration(seconds)]);
    return [facts.length ? el("div", { class: "facts" }, facts) : null,
            rows.length ? table(["model", "folds", "state", "epochs", "mean Dice"], rows, { numeric: [4], attributes: { id: "models" } }) : null,
            runRows.length ? table(["predicted with", "scans", "folds", "checkpoint", "cases", "device", "took"], runRows,
                                   { numeric: [4, 6], attributes: { id: "runs" } }) : null,
            report.kind !== "predictions" && !rows.length ? nothing("Nothing is trained yet.") : null,
            chosen ? el("p", {}, "seg select chose ", el("b", {}, chosen.best), `: mean Dice ${number(chosen.dice)}, ` +
                        `${number(chosen.dice_after_postprocessing)} after post-processing.`) : null,
            chosen && chosen.results.length > 1
              ? table(["compared", "mean Dice"], chosen.results.map(([name, dice]) => [name, number(dice)]), { numeric: [1] }) : null];
  }

  function plan() {
    const parts = [];
    const data = report.dataset;
    if (data)
      parts.push(el("details", { open: data.labels.length <= 12 ? "" : null }, el("summary", {}, `Dataset: ${data.labels.length} labels`),
        table(["label", "values"], data.labels.map((label) => [label.name, label.values.join(", ")]))));
    for (const plans of report.plans) {
      parts.push(el("h3", {}, `${plans.name} (${plans.file})`));
      parts.push(el("p", { class: "soft" }, `planner ${plans.planner ?? "unknown"}, images read by ${plans.reader}`));
      const names = [...new Set(plans.configurations.flatMap((one) => one.rows.map(([what]) => what)))];
      const why = plans.why.length
        ? el("div", { class: "reasons" }, el("b", {}, "Why"), el("ul", { class: "why" }, plans.why.map((line) => el("li", {}, line))))
        : el("div", { class: "reasons" }, nothing("Why is not in the records here; seg plan --explain tells it."));
      const values = table(["configuration", ...plans.configurations.map((one) => one.name)],
        names.map((what) => [what, ...plans.configurations.map((one) => (one.rows.find(([name]) => name === what) ?? ["", "–"])[1])]));
      parts.push(el("div", { class: "plan" }, plans.configurations.length ? values : null, why));
    }
    return parts.length ? parts : [nothing("No plans lie here.")];
  }

  const numbers = (title, heading, rows, open) =>
    el("details", { open: open ? "" : null }, el("summary", {}, title), table(heading, rows, { numeric: "all-but-first" }));

  function curveNumbers(training) {
    return training.folds.filter((fold) => fold.at).map((fold) =>
      numbers(`fold ${fold.fold}: numbers of each epoch`,
        ["epoch", "train loss", "validation loss", "pseudo Dice", "moving average", ...training.classes, "learning rate", "seconds"],
        fold.at.map((epoch, i) => {
          const at = fold.class_at.indexOf(epoch);
          return [String(epoch), number(fold.train_loss[i]), number(fold.val_loss[i]), number(fold.dice[i]), number(fold.ema_dice[i]),
                  ...training.classes.map((_, c) => at < 0 ? "" : number(fold.class_dice[c]?.[at])),
                  number(fold.learning_rate[i], 6), number(fold.seconds[i], 2)];
        }), !hasCharts));
  }

  function classCurves(training) {
    const folds = training.folds.filter((fold) => fold.class_dice && fold.class_dice.length);
    const place = el("div"), many = folds[0].class_dice.length > 10;
    const kinds = ["the ten lowest at the end", "the ten highest at the end", "all"];
    const chosen = { fold: 0, kind: many ? 0 : 2 };
    const show = () => {
      const fold = folds[chosen.fold], n = fold.class_dice.length;
      const last = (y) => finite(y).slice(-1)[0] ?? -1;
      let curves = fold.class_dice.map((y, c) => ({ name: training.classes[c] ?? `class ${c + 1}`, x: fold.class_at, y }));
      if (chosen.kind < 2)
        curves = curves.sort((a, b) => (chosen.kind ? -1 : 1) * (last(a.y) - last(b.y))).slice(0, 10);
      curves.forEach((curve, i) => { curve.colour = charts.colour(i, curves.length); });
      place.replaceChildren(charts.lines(curves, { from: 0, to: 1, legend: curves.length <= 24 }, many ? 380 : undefined));
    };
    show();
    const choosers = [
      folds.length > 1 ? choice("fold", folds.map((fold) => fold.fold), (i) => { chosen.fold = i; show(); }) : null,
      many ? choice("classes", kinds, (i) => { chosen.kind = i; show(); }) : null];
    return figure(`Pseudo Dice of each class${folds.length > 1 ? "" : ", fold " + folds[0].fold}`,
                  [choosers.some(Boolean) ? el("div", { class: "controls" }, choosers) : null, place], { class: "wide" });
  }

  function curves() {
    if (!report.trainings.length) return [nothing("Nothing is trained yet.")];
    return report.trainings.map((training) => {
      const folds = training.folds.filter((fold) => fold.at);
      const title = el("h3", {}, training.model);
      if (!folds.length) return [title, nothing("No fold has a progress.json that can be read (nnU-Net's own models have none).")];
      if (!hasCharts) return [title, curveNumbers(training)];
      const series = (key, suffix, options = {}) => folds.map((fold, i) => ({
        name: `fold ${fold.fold}${suffix}`, x: fold.at, y: fold[key], colour: charts.colour(i, folds.length), ...options }));
      const hasClasses = folds.some((fold) => fold.class_dice && fold.class_dice.length);
      return [title, el("div", { class: "grid" },
        figure("Loss (dashed, hollow: validation)", charts.lines(
          [...series("train_loss", ""), ...series("val_loss", ", validation", { dashed: true, unnamed: true })], {})),
        figure("Pseudo Dice, mean of the classes (solid: its moving average)", charts.lines(
          [...series("ema_dice", ""), ...series("dice", ", this epoch", { faint: true, dashed: true, unnamed: true })], { from: 0, to: 1 })),
        hasClasses ? classCurves(training) : null,
        figure("Learning rate", charts.lines(series("learning_rate", ""), { from: 0 })),
        figure("Seconds of an epoch", charts.lines(series("seconds", ""), { from: 0 }))), curveNumbers(training)];
    });
  }

  const isPart = (metric) => metric === "Dice" || metric === "IoU" || metric.startsWith("NSD");

  function validationTable(evaluation, metric) {
    const groups = evaluation.groups, several = groups.length > 1;
    const counted = (values) => values.filter((_, i) => groups[i].counts);
    const row = (name, values, all) => [name, ...values.map((value) => number(value)),
      ...(several ? [number(mean(counted(values))) + (finite(counted(values)).length > 1 ? " ± " + number(deviation(counted(values))) : ""),
                     number(all)] : [])];
    const rows = evaluation.classes.map((name, i) =>
      row(name, groups.map((group) => group.mean[metric][i]), evaluation.all_cases.mean[metric][i]));
    rows.push(row("mean of the labels", groups.map((group) => group.foreground_mean[metric]), evaluation.all_cases.foreground_mean[metric]));
    const heading = [metric, ...groups.map((group) => `${group.name} (${group.cases})${group.counts ? "" : " *"}`),
                     ...(several ? ["folds ± deviation", `all cases (${evaluation.all_cases.cases})`] : [])];
    return table(heading, rows, { numeric: "all-but-first", sums: 1, attributes: { class: "validation" } });
  }

  const rowsOf = (evaluation, metric) => evaluation.classes.map((name, i) => {
    const points = evaluation.cases.filter((one) => one.counts).map((one) => ({ name: one.name, value: one.values[metric][i] }))
      .filter((point) => Number.isFinite(point.value));
    const sorted = points.map((point) => point.value).sort((a, b) => a - b);
    const at = (part) => sorted.length ? quantile(sorted, part) : NaN;
    return { name, points, min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
  });

  // Of each evaluation what `show` gives for a metric that can be chosen.
  const byMetric = (show) => report.evaluations.map((evaluation) => {
    const place = el("div");
    const draw = (i) => place.replaceChildren(...show(evaluation, evaluation.metrics[i]));
    const first = Math.max(0, evaluation.metrics.indexOf("Dice"));
    draw(first);
    const chooser = evaluation.metrics.length > 1 ? choice("metric", evaluation.metrics, draw) : null;
    if (chooser) chooser.querySelector("select").value = first;
    return [el("h3", {}, evaluation.name), chooser ? el("div", { class: "controls" }, chooser) : null, place];
  });

  const notEvaluated = () => nothing(report.kind === "predictions"
    ? "These predictions were not compared with references: seg evaluate --prediction … --reference … does it."
    : "No fold has a final validation yet (fold_K/validation/summary.json): seg train ends with it, seg train --validate repeats it.");

  function validation() {
    if (!report.evaluations.length) return [notEvaluated()];
    const leftOut = (evaluation, metric) => {
      const { left_out, cases } = evaluation.all_cases;
      const parts = evaluation.classes.map((name, i) => [name, left_out[metric][i]]).filter(([, count]) => count)
        .map(([name, count]) => `${name} in ${count}`);
      return parts.length ? nothing(`${metric} is undefined, and left out of the means, for ${parts.join(", ")} of ${cases} cases.`) : null;
    };
    return byMetric((evaluation, metric) => [validationTable(evaluation, metric), leftOut(evaluation, metric),
      evaluation.groups.some((group) => !group.counts)
        ? nothing("* validates cases that another fold has validated (as all does, and folds beyond those of splits_final.json): counts in no mean of the folds or cases.")
        : null,
      evaluation.groups.some((group) => !Number.isFinite(group.foreground_mean[metric]))
        ? nothing("A label that no case of a fold has (–) has no mean there; as in nnU-Net, the mean of the labels then has none either.")
        : null].filter(Boolean));
  }

  function distribution() {
    if (!report.evaluations.length) return [notEvaluated()];
    return byMetric((evaluation, metric) => {
      const rows = rowsOf(evaluation, metric);
      const highest = Math.max(...rows.map((row) => row.max).filter(Number.isFinite), 0);
      const scale = { xTitle: metric, to: isPart(metric) && highest > 0.9 ? 1 : undefined };
      return [hasCharts ? charts.strips(rows, scale) : null,
              hasCharts ? nothing("Each point is a case; boxes hold the middle half of them, the dark line is the median.") : null,
              numbers("numbers", ["label", "cases", "lowest", "lower quartile", "median", "upper quartile", "highest"],
                rows.map((row) => [row.name, String(row.points.length), ...[row.min, row.q1, row.median, row.q3, row.max].map((x) => number(x))]),
                !hasCharts)].filter(Boolean);
    });
  }

  function caseCard(one, legend, classes) {
    const image = el("img", { alt: `${one.name}, ${one.plane} slice` });
    const place = el("span", { class: "soft" });
    const slider = el("input", { type: "range", min: 0, max: one.slices.length - 1, value: one.widest, "aria-label": `slices of ${one.name}` });
    const show = () => {
      const slice = one.slices[Number(slider.value)];
      image.src = slice.image;
      place.textContent = one.plane === "picture" ? "" : `${one.plane} slice ${slice.index + 1} of ${one.of}`;
    };
    slider.addEventListener("input", show);
    image.addEventListener("wheel", (event) => {
      if (one.slices.length < 2) return;
      event.preventDefault();
      slider.value = Number(slider.value) + Math.sign(event.deltaY);
      show();
    }, { passive: false });
    show();
    const panels = one.has_reference ? ["prediction", "reference"] : ["scan", "prediction"];
    const swatch = (i) => {
      const entry = legend.find((label) => label.name === classes[i]);
      return entry ? [el("span", { class: "swatch", style: `background:${entry.colour}` }), el("span", {}, classes[i])] : classes[i];
    };
    const values = one.class_dice.length
      ? table(["label", "Dice"], classes.map((_, i) => [el("span", { class: "label" }, swatch(i)), number(one.class_dice[i])]), { numeric: [1] })
      : table(["label", "value"], legend.map((label) =>
          [el("span", { class: "label" }, el("span", { class: "swatch", style: `background:${label.colour}` }), el("span", {}, label.name)), String(label.value)]), { numeric: [1] });
    const frame = el("div", { class: "frame" }, el("div", { class: "panels" }, panels.map((name) => el("span", {}, name))), image,
                     one.slices.length > 1 ? slider : null, el("div", {}, place));
    frame.style.width = Math.min(620, 460 * one.width / one.height) + "px";
    return el("div", { class: "case" }, el("div", {}, frame),
      el("div", {}, el("h3", { style: "margin-top:0" }, one.rank ? el("span", { class: "rank " + one.rank }, one.rank) : null, one.name),
         el("p", { class: "soft" }, [one.group, Number.isFinite(one.dice) ? `mean Dice ${number(one.dice)}` : ""].filter(Boolean).join(" · ")),
         one.has_scan ? null : el("p", { class: "soft" }, "The scan was not found, so only contours are shown; --scans says where it is."),
         values));
  }

  function cases() {
    if (!report.pictures.length) return [nothing("There are no pictures: nothing was segmented that can be shown.")];
    return report.pictures.map((shown) => {
      const evaluation = report.evaluations.find((one) => one.name === shown.name);
      return [el("h3", {}, shown.name),
              shown.cases[0].rank ? null : nothing("Without an evaluation nothing ranks the cases: these are the first by name."),
              shown.cases.map((one) => caseCard(one, shown.legend, evaluation ? evaluation.classes : []))];
    });
  }

  const precisionOf = ({ precision, options = {} }) =>
    precision ?? (options.precision && options.precision !== "auto" ? String(options.precision) : "–");

  function times() {
    const rows = report.records.map(({ file, record }) =>
      [file, record.command, record.started ?? "–", duration(record.seconds), record.device ?? "–", precisionOf(record),
       record.threads === undefined ? "–" : String(record.threads), bytes(record.peak_memory_bytes)]);
    const parts = [rows.length ? table(["record", "command", "started (UTC)", "took", "device", "precision", "threads", "peak memory"], rows, { numeric: [3, 6, 7] })
                               : nothing("No command left a record here.")];
    const folds = report.trainings.flatMap((training) => training.folds.filter((fold) => fold.seconds && finite(fold.seconds).length)
      .map((fold) => {
        const sorted = finite(fold.seconds).sort((a, b) => a - b);
        return [training.model, fold.fold, String(fold.epochs), number(quantile(sorted, 0.5), 2) + " s",
                number(sorted[sorted.length - 1], 2) + " s", duration(mean(sorted) * fold.epochs)];
      }));
    if (folds.length)
      parts.push(el("h3", {}, "Epochs"), table(["model", "fold", "epochs", "median", "longest", "all together"], folds, { numeric: [1, 2, 3, 4, 5] }));
    return parts;
  }

  function environment() {
    if (!report.records.length) return [nothing("No command left a record here.")];
    const kinds = new Map();
    for (const { file, record } of report.records) {
      const { versions = {}, instruction_set = "–" } = record;
      const key = JSON.stringify([versions, instruction_set]);
      if (!kinds.has(key)) kinds.set(key, { versions, instruction_set, files: [] });
      kinds.get(key).files.push(file);
    }
    return [[...kinds.values()].map(({ versions, instruction_set, files }) => [
              kinds.size > 1 ? el("p", {}, files.join(", ")) : null,
              table(["", ""], [...Object.entries(versions).map(([name, text]) => [name, String(text) || "none"]),
                               ["instruction set", String(instruction_set)]])]),
            el("h3", {}, "What was run"),
            report.records.map(({ file, record }) => el("details", {}, el("summary", {}, `seg ${record.command}: ${file}`),
              el("pre", {}, JSON.stringify(record, null, 2))))];
  }

  function files() {
    if (!report.files.length) return [nothing("No files to link to.")];
    return [table(["file", "size"], report.files.map((file) => [link(file), bytes(file.bytes)]), { numeric: [1], attributes: { class: "paths" } })];
  }

  const sections = [
    ["overview", "Overview", overview], ["plan", report.kind === "predictions" ? "Plan of the model" : "Plan", plan],
    ...(report.kind === "predictions" ? [] : [["curves", "Learning curves", curves]]), ["validation", report.kind === "predictions" ? "Evaluation" : "Cross-validation", validation],
    ["distribution", "Distribution", distribution], ["cases", "Cases", cases],
    ...(report.volumes ? [["volumes", "In three dimensions", () => volumes(report, el, choice)]] : []), ["times", "Times and memory", times],
    ["environment", "Environment", environment], ["files", "Files", files],
  ];
  document.getElementById("head").append(...head().filter(Boolean));
  document.getElementById("contents").append(...sections.map(([id, title]) => el("a", { href: "#" + id }, title)));
  const main = document.getElementById("main");
  main.replaceChildren();
  for (const [id, title, build] of sections) {
    const section = main.appendChild(el("section", { id }, el("h2", {}, title)));
    try {
      section.append(...build().flat(Infinity).filter(Boolean));
      section.dataset.rendered = "true";
    } catch (error) {
      section.append(nothing("This section could not be drawn: " + error.message));
      section.dataset.rendered = "false";
    }
  }
})();
