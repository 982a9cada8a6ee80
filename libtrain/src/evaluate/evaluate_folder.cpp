#include <algorithm>
#include <set>

#include "base/outcome.hpp"
#include "base/sorted_entries.hpp"
#include "evaluate/confidence.hpp"
#include "evaluate/further_metrics.hpp"
#include "evaluate/label_maps.hpp"
#include "seg/data/grid.hpp"
#include "seg/data/image.hpp"
#include "seg/data/image_header.hpp"
#include "seg/data/memory.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/plans.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

std::string shape_text(const at::Tensor& image) {
  std::string text;
  for (const auto extent : image.sizes().slice(1))
    text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

/// Names of the files that should be among the predictions and are not.
std::vector<std::string> missing_predictions(const ComparedFolders& folders) {
  const std::string& ending = folders.options.file_ending;
  std::vector<std::string> expected;
  if (folders.options.cases)
    for (const std::string& name : *folders.options.cases) expected.push_back(name + ending);
  else if (fs::is_directory(folders.reference))
    expected = files_ending_with(folders.reference, ending);
  std::erase_if(expected,
                [&](const std::string& name) { return fs::exists(folders.prediction / name); });
  return expected;
}

void tell_missing(const ComparedFolders& folders, const std::vector<std::string>& missing,
                  const Reporter& reporter) {
  if (missing.empty()) return;
  const std::string where = folders.prediction.string();
  const std::string problem =
      std::to_string(missing.size()) + " prediction(s) are missing: " + joined(missing);
  if (!folders.options.allow_missing)
    throw Error(where, problem, "predict these cases, or go on with `allow_missing`");
  reporter.warn(where + ": " + problem);
}

/// A prediction and its reference, as read.
struct FilePair {
  fs::path prediction_file, reference_file;
  data::Image prediction, reference;
};

void require_reference(const ComparedFolders& folders, const std::string& name) {
  if (fs::exists(folders.reference / name)) return;
  const std::string stem = name.substr(0, name.size() - folders.options.file_ending.size());
  const auto others = sorted_entries(folders.reference);
  const auto other = std::ranges::find_if(others, [&](const fs::path& file) {
    return file.filename().string().starts_with(stem + '.');
  });
  throw Error((folders.reference / name).string(),
              "this reference of " + (folders.prediction / name).string() + " is missing",
              other == others.end()
                  ? "add it or remove the prediction"
                  : other->filename().string() +
                        " is there: label maps and references must be of one format "
                        "(`output_type` of predictions says which)");
}

FilePair read_pair(const ComparedFolders& folders, const std::string& name,
                   const Reporter& reporter) {
  require_reference(folders, name);
  FilePair pair{folders.prediction / name, folders.reference / name, {}, {}};
  const data::ImageReader& reader = folders.options.reader;
  pair.prediction = data::read_label_map(pair.prediction_file, reader, reporter);
  pair.reference = data::read_label_map(pair.reference_file, reader, reporter);
  const at::Tensor &predicted = pair.prediction.data, &expected = pair.reference.data;
  if (predicted.sizes() != expected.sizes())
    throw Error(pair.prediction_file.string(),
                "its shape " + shape_text(predicted) + " differs from the reference's " +
                    shape_text(expected),
                "compare label maps of the same scan");
  return pair;
}

void check_geometry(const FilePair& pair, bool strict, const Reporter& reporter) {
  const std::string difference =
      data::grid_difference({pair.prediction.data.sizes(), pair.prediction.geometry},
                            {pair.reference.data.sizes(), pair.reference.geometry});
  if (difference.empty()) return;
  const std::string problem = "has " + difference + " as its reference";
  if (strict)
    throw Error(pair.prediction_file.string(), problem, "compare label maps of the same scan");
  reporter.warn(pair.prediction_file.string() + ": " + problem +
                "; the voxels are compared one by one all the same");
}

/// nnU-Net leaves them out, too, but where there are any, something is amiss.
void tell_unnamed(const fs::path& file, const at::Tensor& map, const plan::Labels& labels,
                  const Reporter& reporter) {
  const std::set<int> held = values_in(map), named = named_values(labels);
  std::vector<std::string> unnamed;
  for (const int value : held)
    if (!named.contains(value)) unnamed.push_back(std::to_string(value));
  if (!unnamed.empty())
    reporter.warn(file.string() + ": holds " + joined(unnamed) +
                  ", which no label names: it counts as background");
}

EvaluatedCase compared(const FilePair& pair, const at::Tensor& prediction,
                       const ComparedFolders& folders) {
  EvaluatedCase one{pair.prediction_file, pair.reference_file,
                    compare_segmentations(prediction, pair.reference.data, folders.labels)};
  const data::Geometry& geometry = pair.reference.geometry;
  const auto map = [&](const at::Tensor& channel) {
    return geometry.dimensions == 2 ? channel[0][0] : channel[0];
  };
  const auto& step = geometry.step();
  add_further_metrics({map(prediction), map(pair.reference.data), {step[2], step[1], step[0]}},
                      folders.labels, folders.options.further, one.metrics);
  return one;
}

/// ITK's connected parts of a class as large as the map: copies and numbers, in bytes a voxel.
constexpr std::int64_t kComponentBytes = 28;

/// What comparing a case takes beside both maps, in bytes a voxel, at most.
std::int64_t further_bytes(const FurtherMetrics& further) {
  constexpr std::int64_t surfaces = 12;
  return std::max(further.any_surface() ? surfaces : 0, further.lesions ? kComponentBytes : 0);
}

/// Waits until there is room for a case; it is given back when the result goes. One that takes more
/// than is free is compared alone, unless its most was said.
/// @throws Error (out_of_memory) if it was.
std::shared_ptr<void> room_for(const fs::path& prediction, std::int64_t further,
                               const EvaluateOptions& options, data::MemoryBudget& budget) {
  const auto header = data::read_image_header(prediction);
  if (!header) return nullptr;                    // reading it says why
  constexpr std::int64_t labels = 2, stored = 8;  // bytes of a voxel at most
  std::int64_t bytes = 2 * labels + std::max(stored, further);
  for (const std::int64_t extent : header->shape) bytes *= extent;
  if (options.memory == 0) bytes = std::min(bytes, budget.whole());
  return budget.take(bytes, prediction.string());
}

Json packed(const Metrics& of) {
  return {of.dice, of.iou, of.fn, of.fp, of.tn, of.tp, of.n_pred, of.n_ref, of.further};
}

Metrics unpacked(const Json& of) {
  return {of.at(0), of.at(1), of.at(2), of.at(3), of.at(4), of.at(5), of.at(6), of.at(7), of.at(8)};
}

/// Each was compared by one of the ranks.
std::vector<EvaluatedCase> cases_of_all(std::vector<EvaluatedCase> cases, data::Ranks& ranks) {
  Json own = Json::array();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].prediction.empty()) continue;
    Json metrics = Json::array();
    for (const Metrics& of_class : cases[i].metrics) metrics.push_back(packed(of_class));
    own.push_back({i, cases[i].prediction.string(), cases[i].reference.string(), metrics});
  }
  const std::vector<std::uint8_t> bytes = Json::to_cbor(own);
  for (const std::string& text : ranks.gather({bytes.begin(), bytes.end()}))
    for (const Json& one : Json::from_cbor(text)) {
      EvaluatedCase& found = cases.at(one.at(0).get<std::size_t>());
      found = {one.at(1).get<std::string>(), one.at(2).get<std::string>(), {}};
      for (const Json& of_class : one.at(3)) found.metrics.push_back(unpacked(of_class));
    }
  return cases;
}

/// How a case is compared.
struct Compare {
  std::function<EvaluatedCase(const FilePair&, const Reporter&)> with_reference;
  std::int64_t further_bytes = 0;  ///< that it takes beside both maps, a voxel
};

Json summary_of(const std::vector<EvaluatedCase>& cases, const ComparedFolders& folders) {
  Json summary = summarize(cases, folders.labels);
  if (folders.options.confidence)
    summary["confidence_95"] = confidence_intervals(cases, folders.labels);
  if (folders.options.further.any()) summary["cases_left_out_of_mean"] = cases_left_out(summary);
  if (const auto missing = missing_predictions(folders); !missing.empty())
    summary["missing_predictions"] = missing;
  return summary;
}

/// A case that fails is told, and the others are compared all the same.
Json compare_all(const ComparedFolders& folders, const Compare& compare, const Reporter& reporter) {
  const EvaluateOptions& options = folders.options;
  const auto names = cases_in(folders.prediction, options.file_ending);
  std::vector<EvaluatedCase> cases(names.size());
  std::optional<SomeFailed> failure;
  data::MemoryBudget budget(data::memory_to_use(options.memory));
  const auto compare_case = [&](std::size_t i, const Reporter& serial) {
    const std::string name = names[i] + options.file_ending;
    const auto room = room_for(folders.prediction / name, compare.further_bytes, options, budget);
    cases[i] = compare.with_reference(read_pair(folders, name, serial), serial);
  };
  try {
    finished_cases({names, "comparing", "evaluated", options.threads, options.ranks}, reporter,
                   compare_case);
  } catch (const SomeFailed& some) {
    failure = some;
  }
  if (options.ranks) cases = cases_of_all(std::move(cases), *options.ranks);
  std::erase_if(cases, [](const EvaluatedCase& one) { return one.prediction.empty(); });
  if (failure && cases.empty()) throw *failure;
  if (failure) throw SomeNotEvaluated(*failure, summary_of(cases, folders));
  return summary_of(cases, folders);
}

}  // namespace

data::ImageReader label_map_reader(const fs::path& folder, const plan::Dataset& dataset) {
  if (fs::exists(folder / "plans.json"))
    return data::image_reader(plan::read_plans(folder / "plans.json"));
  if (!dataset.image_reader_writer) return {};
  return data::image_reader(*dataset.image_reader_writer, "dataset.json");
}

Json evaluate_changed(const ComparedFolders& folders,
                      const std::function<at::Tensor(const at::Tensor&)>& change,
                      const Reporter& reporter) {
  const auto compare = [&](const FilePair& pair, const Reporter&) {
    return compared(pair, change(pair.prediction.data), folders);
  };
  return compare_all(folders, {compare, kComponentBytes}, reporter);
}

void check_folders(const ComparedFolders& folders, const Reporter& reporter) {
  const auto names = label_maps(folders.prediction, folders.options.file_ending);
  tell_missing(folders, missing_predictions(folders), reporter);
  for (const std::string& name : names) require_reference(folders, name);
}

Json evaluate_folder(const ComparedFolders& folders, const std::optional<fs::path>& output,
                     const Reporter& reporter) {
  label_maps(folders.prediction, folders.options.file_ending);  // says when there are none
  require_folder(folders.reference);
  tell_missing(folders, missing_predictions(folders), reporter);
  const auto compare = [&](const FilePair& pair, const Reporter& serial) {
    check_geometry(pair, folders.options.strict_geometry, serial);
    tell_unnamed(pair.prediction_file, pair.prediction.data, folders.labels, serial);
    tell_unnamed(pair.reference_file, pair.reference.data, folders.labels, serial);
    return compared(pair, pair.prediction.data, folders);
  };
  const Json summary =
      compare_all(folders, {compare, further_bytes(folders.options.further)}, reporter);
  if (output && data::leads(folders.options.ranks)) write_json(*output, summary);
  return summary;
}

}  // namespace seg::train
