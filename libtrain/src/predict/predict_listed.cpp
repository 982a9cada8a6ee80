#include "seg/train/predict_listed.hpp"

#include <chrono>

#include "predict/loaded_model.hpp"
#include "seg/data/cases.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

data::Case case_of(const fs::path& scan, const plan::Dataset& dataset) {
  if (!fs::is_regular_file(scan))
    throw Error(ErrorKind::not_found, {scan.string(), "there is no such scan"});
  return data::cases_to_predict(scan, static_cast<int>(dataset.channel_names.size()),
                                dataset.file_ending)
      .at(0);
}

/// The scan in the order of its file, whatever the model's reader makes of it.
data::Image stored_scan(const data::Case& scan, const data::ImageReader& reader,
                        const Reporter& reporter) {
  data::ImageReader stored = reader;
  stored.reorients = false;
  return data::read_image(scan.channels, stored, reporter);
}

void segment_file(LoadedModel& loaded, const data::Case& scan, const fs::path& file,
                  const Reporter& reporter) {
  for (const fs::path& channel : scan.channels) refuse_same_place(file, channel, "the scan itself");
  data::Image image = stored_scan(scan, loaded.reader, reporter);
  data::check_scan(scan, image);
  const SegmentedScan segmented =
      segment_in_memory(loaded, image, false, [](const auto&, std::size_t, std::size_t) {});
  image.geometry.reader = loaded.reader;
  data::write_label_map(file, segmented.labels, image.geometry);
}

}  // namespace

void predict_listed(const fs::path& model, const fs::path& output, const PredictOptions& options,
                    const std::function<std::optional<ListedScan>()>& next,
                    const std::function<void(const ListedScan&, const ListedResult&)>& done,
                    const Reporter& reporter) {
  set_threads(options.threads);
  const auto loaded = load_to_stay(model, options, reporter);
  while (const auto listed = next()) {
    const auto start = std::chrono::steady_clock::now();
    ListedResult result;
    try {
      const data::Case scan = case_of(listed->scan, loaded->model.dataset);
      result.name = scan.name;
      result.file = listed->file.value_or(output / (scan.name + loaded->model.dataset.file_ending));
      segment_file(*loaded, scan, result.file, reporter);
    } catch (const std::exception& exception) {
      result.failure = kind_of(exception);
      result.problem = line_of(exception);
    }
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    done(*listed, result);
  }
}

}  // namespace seg::train
