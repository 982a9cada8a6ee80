#include <algorithm>
#include <cmath>

#include "array_difference.hpp"
#include "image/volume_file.hpp"
#include "nifti_header.hpp"
#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/preprocess.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/image_reader.hpp"
#include "seg/train/export.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

constexpr double place_tolerance = 1e-4;  // mm, of 32-bit headers

/// Files that are written for comparison, removed at the end.
struct Scratch {
  fs::path folder =
      fs::temp_directory_path() / ("check_oracles_readers_" + std::to_string(getpid()));
  Scratch() { fs::create_directories(folder); }
  ~Scratch() { fs::remove_all(folder); }
};

struct RecordedReader {
  fs::path folder;
  const Json& entry;
  data::ImageReader reader;

  at::Tensor array(const Json& file) const {
    return data::map_npy(folder / file.get<std::string>());
  }
  std::vector<fs::path> images() const {
    std::vector<fs::path> files;
    for (const auto& file : entry.at("images")) files.push_back(folder / file.get<std::string>());
    return files;
  }
};

std::vector<double> flat(const Json& nested) {
  std::vector<double> numbers;
  for (const Json& one : nested) {
    if (!one.is_array()) numbers.push_back(one);
    for (const double number : one.is_array() ? flat(one) : std::vector<double>{})
      numbers.push_back(number);
  }
  return numbers;
}

template <class Numbers>
double largest_deviation(const Numbers& found, const Json& expected) {
  const auto wanted = flat(expected);
  double largest = std::size(found) < wanted.size() ? 1e9 : 0;
  for (std::size_t i = 0; i < std::min(std::size(found), wanted.size()); ++i)
    largest = std::max(largest, std::abs(std::data(found)[i] - wanted[i]));
  return largest;
}

void expect_close(Outcome& outcome, const std::string& what, double deviation, double tolerance) {
  outcome.deviation = std::max(outcome.deviation, deviation);
  if (!(deviation <= tolerance) && outcome.fault.empty())
    outcome.fault = what + " deviates by " + std::to_string(deviation);
}

/// The first `count` axes of what has a value for each of three, row by row.
std::vector<double> of_axes(const std::array<double, 9>& matrix, int count) {
  std::vector<double> values;
  for (int row = 0; row < count; ++row)
    for (int column = 0; column < count; ++column)
      values.push_back(matrix[static_cast<std::size_t>(3 * row + column)]);
  return values;
}

void compare_itk(const data::Geometry& geometry, const Json& itk, const std::string& what,
                 Outcome& outcome) {
  if (itk.at("spacing").size() == 4) return;  // upstream keeps the fourth axis as a place in space
  expect_close(outcome, what + ": spacing", largest_deviation(geometry.spacing, itk.at("spacing")),
               place_tolerance);
  expect_close(outcome, what + ": origin", largest_deviation(geometry.origin, itk.at("origin")),
               place_tolerance);
  expect_close(
      outcome, what + ": direction",
      largest_deviation(of_axes(geometry.direction, geometry.dimensions), itk.at("direction")),
      place_tolerance);
}

void compare_properties(const data::Geometry& geometry, const Json& properties, Outcome& outcome) {
  const std::vector<double> spacing = properties.at("spacing");
  const auto found = geometry.array_spacing();
  for (std::size_t axis = 0; axis < 3; ++axis)
    expect_close(outcome, "spacing", std::abs(found[axis] / spacing.at(axis) - 1), 1e-6);
  if (properties.contains("sitk_stuff"))
    compare_itk(geometry, properties["sitk_stuff"], "read", outcome);
  if (!properties.contains("nibabel_stuff")) return;
  const Json& nibabel = properties["nibabel_stuff"];
  const char* which =
      nibabel.contains("reoriented_affine") ? "reoriented_affine" : "original_affine";
  expect_close(outcome, which, largest_deviation(data::nifti_affine(geometry), nibabel.at(which)),
               place_tolerance);
}

/// Exact, but for what went through floats of other widths.
double voxel_tolerance(const RecordedReader& recorded, const at::Tensor& expected) {
  const std::string note = recorded.entry.value("note", "");
  const bool converted = note.find("scl_slope") != std::string::npos ||
                         note.find("float64") != std::string::npos ||
                         note.find("float32") != std::string::npos;
  return converted ? 3e-5 * expected.abs().max().item<double>() : 0;
}

/// What upstream refuses, seg refuses; but direction cosines that were rounded are repaired.
void expect_refusal(const RecordedReader& recorded, const std::string& message,
                    const std::function<void()>& read, Outcome& outcome) {
  try {
    read();
  } catch (const Error&) {
    return;
  }
  const bool repaired = message.find("orthonormal") != std::string::npos &&
                        !data::can_read(recorded.reader, recorded.images().front());
  if (!repaired) outcome.fault = "is read, but upstream refuses it: " + message;
}

void compare_image(const RecordedReader& recorded, Outcome& outcome) {
  const Json& record = recorded.entry.at("read_images");
  const auto read = [&] { return data::read_image(recorded.images(), recorded.reader); };
  if (record.contains("error"))
    return expect_refusal(
        recorded, record.at("message"), [&] { read(); }, outcome);
  const data::Image image = read();
  const at::Tensor expected = recorded.array(record.at("array"));
  expect_close(outcome, "image", largest_difference(image.data, expected),
               voxel_tolerance(recorded, expected));
  compare_properties(image.geometry, record.at("properties"), outcome);
}

void compare_label(const RecordedReader& recorded, Outcome& outcome) {
  const Json& record = recorded.entry.at("read_seg");
  const fs::path file = recorded.folder / recorded.entry.at("label").get<std::string>();
  const auto read = [&] { return data::read_label_map(file, recorded.reader); };
  if (record.contains("error"))
    return expect_refusal(
        recorded, record.at("message"), [&] { read(); }, outcome);
  // Upstream takes the colours of a palette for several label maps.
  if (record.at("shape").at(0) != 1)
    return expect_refusal(
        recorded, "", [&] { read(); }, outcome);
  const data::Image label = read();
  const at::Tensor expected = recorded.array(record.at("array")).view(label.data.sizes());
  expect_close(outcome, "label", largest_difference(label.data, expected), 0);
  const Json& properties = record.at("properties");
  compare_properties(
      label.geometry,
      properties.is_string() ? recorded.entry.at("read_images").at("properties") : properties,
      outcome);
}

/// Up to the sign, which means the same rotation.
double quaternion_deviation(const std::array<float, 3>& found, const Json& expected) {
  std::array<float, 3> other = found;
  for (float& value : other) value = -value;
  return std::min(largest_deviation(found, expected), largest_deviation(other, expected));
}

void compare_nifti(const fs::path& file, const Json& nifti, Outcome& outcome) {
  const NiftiHeader header = read_nifti_header(file);
  if (Json(header.dim) != nifti.at("dim")) outcome.fault = "written dim " + Json(header.dim).dump();
  if (header.qform_code != nifti.at("qform_code") || header.sform_code != nifti.at("sform_code"))
    outcome.fault = "written codes " + std::to_string(header.qform_code) + " and " +
                    std::to_string(header.sform_code);
  std::vector<double> pixdim = flat(nifti.at("pixdim"));
  pixdim.resize(4);  // behind the spacing nothing has a meaning
  expect_close(outcome, "written pixdim", largest_deviation(header.pixdim, Json(pixdim)),
               place_tolerance);
  std::vector<float> rows;
  for (const auto& row : header.srow) rows.insert(rows.end(), row.begin(), row.end());
  expect_close(outcome, "written srow", largest_deviation(rows, nifti.at("srow")), place_tolerance);
  expect_close(outcome, "written quatern",
               quaternion_deviation(header.quatern, nifti.at("quatern")), place_tolerance);
  expect_close(outcome, "written qoffset", largest_deviation(header.qoffset, nifti.at("qoffset")),
               place_tolerance);
}

/// As stored, without a plan; what ITK refuses by nibabel's rules.
data::Volume read_back(const fs::path& file, const data::ImageReader& reader) {
  const bool by_nibabel = reader.kind == data::ImageReader::Kind::nibabel;
  return data::read_volume(
      file, {{by_nibabel ? reader.kind : data::ImageReader::Kind::by_file}, true}, {});
}

std::string type_name(at::ScalarType type) { return type == at::kByte ? "uint8" : "uint16"; }

/// Upstream's SimpleITKIOWithReorient writes 300 as 44; seg keeps 300.
bool wraps_upstream(const RecordedReader& recorded, const at::Tensor& labels) {
  return data::name_of(recorded.reader) == "SimpleITKIOWithReorient" &&
         labels.max().item<int>() > 255;
}

void compare_written(const RecordedReader& recorded, const fs::path& file, const Json& record,
                     Outcome& outcome) {
  const data::Volume written = read_back(file, recorded.reader);
  const at::Tensor expected = recorded.array(record.at("voxels"));
  at::Tensor labels = written.voxels.to(at::kInt);
  const bool wraps = wraps_upstream(recorded, labels);
  if (wraps) labels = labels.bitwise_and(255);
  expect_close(outcome, "written labels",
               largest_difference(labels.view(expected.sizes()), expected), 0);
  if (!wraps && type_name(written.voxels.scalar_type()) != record.at("dtype"))
    outcome.fault = "written as " + type_name(written.voxels.scalar_type());
  if (record.contains("nifti")) compare_nifti(file, record["nifti"], outcome);
  if (record.contains("itk") && !record["itk"].contains("error"))
    compare_itk(read_back(file, {}).geometry, record["itk"], "written", outcome);
  if (record.contains("json"))
    expect_close(outcome, "spacing beside",
                 largest_deviation(written.geometry.array_spacing(), record["json"].at("spacing")),
                 1e-6);
}

/// NAME.nii.gz of NAME_0000.nii.gz.
fs::path output_for(const RecordedReader& recorded, const Scratch& scratch) {
  std::string name = recorded.images().front().filename().string();
  if (const auto channel = name.find("_0000."); channel != std::string::npos)
    name.erase(channel, 5);
  return scratch.folder / name;
}

void compare_writing(const RecordedReader& recorded, Outcome& outcome) {
  const Json& record = recorded.entry.at("write_seg");
  const Scratch scratch;
  const fs::path file = output_for(recorded, scratch);
  const at::Tensor given = recorded.array(record.at("given"));
  data::write_label_map(file, given.view({-1, given.size(-2), given.size(-1)}),
                        data::read_image(recorded.images(), recorded.reader).geometry);
  // Upstream cannot write where a scan had a fourth axis.
  if (record.contains("error"))
    expect_close(outcome, "written labels",
                 largest_difference(read_back(file, {}).voxels[0], given), 0);
  else
    compare_written(recorded, file, record, outcome);
}

void replay_files(const RecordedReader& recorded, Outcome& outcome) {
  compare_image(recorded, outcome);
  if (recorded.entry.contains("read_seg")) compare_label(recorded, outcome);
  if (recorded.entry.contains("write_seg")) compare_writing(recorded, outcome);
}

data::ImageReader reader_of(const Json& entry) {
  return data::image_reader(entry.at("reader").get<std::string>(), "manifest.json");
}

std::string name_of(const std::string& list, const Json& entry) {
  return list + "/" + entry.at("reader").get<std::string>() + "/" +
         fs::path(entry.at("images").at(0).get<std::string>()).filename().string();
}

plan::Dataset dataset_of(const Json& entry) {
  plan::Dataset dataset;
  dataset.file_ending = entry.at("file_ending");
  const auto asked = entry.value("overwrite_image_reader_writer", "None");
  if (asked != "None") dataset.image_reader_writer = asked;
  return dataset;
}

/// A name that upstream does not know it passes over in silence; seg refuses it.
bool must_be_refused(const Json& entry) {
  const auto& names = plan::image_reader_names();
  const auto asked = entry.value("overwrite_image_reader_writer", "None");
  const bool unknown = asked != "None" && std::ranges::find(names, asked) == names.end();
  return unknown || entry.at("reader").is_null();
}

void replay_choice(const fs::path& folder, const Json& entry, Outcome& outcome) {
  std::string chosen;
  try {
    chosen = plan::image_reader(dataset_of(entry), [&](const std::string& name) {
      return entry.at("example").is_null() ||
             data::can_read(data::image_reader(name, ""),
                            folder / entry["example"].get<std::string>());
    });
    if (entry.at("reader").is_null())
      data::read_image({folder / entry.at("example").get<std::string>()},
                       data::image_reader(chosen, ""));
  } catch (const Error&) {
    if (!must_be_refused(entry)) throw;
    return;
  }
  if (must_be_refused(entry)) outcome.fault = "is accepted: " + chosen;
  if (chosen != entry.at("reader")) outcome.fault = "is read by " + chosen;
}

void compare_preprocessed(const RecordedReader& recorded, const data::PreprocessedCase& found,
                          Outcome& outcome) {
  const auto& entry = recorded.entry;
  const auto& properties = found.properties;
  expect_close(outcome, "data", largest_difference(found.data, recorded.array(entry.at("data"))),
               1e-4);
  expect_close(outcome, "seg", largest_difference(found.seg, recorded.array(entry.at("seg"))), 0);
  Json box = Json::array();
  for (std::size_t axis = 0; axis < 3; ++axis)
    box.push_back({properties.box.lower[axis], properties.box.upper[axis]});
  if (box != entry.at("bbox_used_for_cropping")) outcome.fault = "crop box " + box.dump();
  if (Json(properties.shape_before_cropping) != entry.at("shape_before_cropping"))
    outcome.fault = "another shape before cropping";
  expect_close(outcome, "spacing as read",
               largest_deviation(properties.geometry.array_spacing(), entry.at("spacing_as_read")),
               1e-5);
}

/// Upstream resamples logits of half precision into half precision, where classes tie that nearly
/// do; then the first one wins.
at::Tensor labels_by_half_precision(const at::Tensor& logits,
                                    const data::CaseProperties& properties,
                                    const plan::Experiment& experiment) {
  const data::TargetGrid grid = train::cropped_scan(properties, experiment.configuration);
  const at::Tensor resampled = data::resample(logits, grid).to(at::kHalf).to(at::kFloat);
  return train::uncropped(train::labels_on_grid(resampled, grid, experiment.labels), properties,
                          experiment.plans);
}

void replay_case(const RecordedReader& recorded, const Json& settings, Outcome& outcome) {
  const auto& entry = recorded.entry;
  const auto plans = plan::read_plans(
      recorded.folder / settings.at("plans").at(entry.at("reader").get<std::string>()));
  const auto reader = data::image_reader(plans);
  const auto image = data::read_image(recorded.images(), reader);
  const auto label =
      data::read_label_map(recorded.folder / entry.at("label").get<std::string>(), reader);
  const auto experiment = plan::make_experiment(
      plan::dataset_from_json(
          read_json(recorded.folder / settings.at("dataset_json").get<std::string>()), "", ""),
      plans, "3d_fullres");
  const auto found = data::preprocess(image, label.data, experiment);
  compare_preprocessed(recorded, found, outcome);
  const at::Tensor logits = recorded.array(entry.at("logits")).to(at::kFloat);
  const Scratch scratch;
  const fs::path file = output_for(recorded, scratch);
  data::write_label_map(file, labels_by_half_precision(logits, found.properties, experiment),
                        found.properties.geometry);
  compare_written(recorded, file, entry.at("written"), outcome);
  if (entry.contains("probabilities"))  // of logits that upstream rounded to 11 bits
    expect_close(
        outcome, "probabilities",
        largest_difference(train::logits_to_probabilities(logits, found.properties, experiment),
                           recorded.array(entry["probabilities"])),
        2e-3);
}

void check_readers(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const char* list :
       {"orientations", "oblique", "rounded_and_sheared", "headers", "dimensions", "channels",
        "label_values", "itk_formats", "pictures", "tiff3d"})
    for (const Json& entry : manifest.value(list, Json::array()))
      tell(attempt(name_of(list, entry), [&](Outcome& outcome) {
        replay_files({folder, entry, reader_of(entry)}, outcome);
      }));
  for (const Json& entry : manifest.value("which_reader", Json::array()))
    tell(attempt("which_reader/" + entry.at("file_ending").get<std::string>(),
                 [&](Outcome& outcome) { replay_choice(folder, entry, outcome); }));
  if (!manifest.contains("end_to_end")) return;
  const Json& end_to_end = manifest["end_to_end"];
  for (const Json& entry : end_to_end.at("cases"))
    tell(attempt("end_to_end/" + entry.at("name").get<std::string>(), [&](Outcome& outcome) {
      replay_case({folder, entry, reader_of(entry)}, end_to_end, outcome);
    }));
}

}  // namespace

Topic readers_topic() {
  return {"readers", [](const fs::path& folder) { return is_about(folder, "readers"); },
          check_readers};
}

}  // namespace seg::oracles
