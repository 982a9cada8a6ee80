#include "predict/scan_admission.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "predict/memory_need.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {

/// More than networks take as a rule: a thousand feature maps of the input's size.
std::int64_t surely_enough(const SlidingWindowOptions& window) {
  constexpr std::int64_t kBytesPerVoxel = 4096;
  return std::accumulate(window.patch_size.begin(), window.patch_size.end(),
                         kBytesPerVoxel * tiles_at_a_time(window), std::multiplies<>());
}

std::int64_t left_beside_networks(const WindowedModel& windowed, std::int64_t most) {
  std::int64_t free = data::memory_to_use(most);
  const std::int64_t enough = surely_enough(windowed.window);
  if (free / 4 > enough) return free - enough;
  const std::int64_t need = tile_need(windowed).host;
  if (windowed.window.engine != "seg") free = data::memory_to_use(most);  // it holds its part now
  if (need < free) return free - need;
  throw Error(ErrorKind::out_of_memory,
              {"the configuration " + windowed.model.configuration.name,
               "its networks need about " + data::memory_text(need) +
                   " of memory for a tile, and " + data::memory_text(free) + " may still be taken",
               "allow more (`max_memory`), or use a model with a smaller patch"});
}

}  // namespace

ScanAdmission::ScanAdmission(const Model& model, const SlidingWindowOptions& window,
                             const PredictionMemory& memory)
    : model_(model),
      window_(window),
      memory_(memory),
      budget_(left_beside_networks({model_, window_}, memory.most)) {}

CaseRoom ScanAdmission::admit(const data::Case& scan, std::size_t dicom_segments) {
  const auto header = data::read_image_header(scan.channels);
  if (!header) return {};  // reading it says why
  const std::int64_t channels = header->shape[0];
  const std::int64_t voxels = header->shape[1] * header->shape[2] * header->shape[3];
  // A probability image is written from a copy in the file's order.
  const std::int64_t image =
      memory_.probability_images ? 8 * model_.labels.network_outputs() * voxels : 0;
  const std::int64_t writing = dicom_segmentation_need(*header, dicom_segments);
  const auto need = [&](const ScanWishes& wishes) {
    const std::int64_t segmenting = scan_need({model_, window_}, *header, wishes).host;
    return 4 * channels * voxels + std::max(segmenting + image, writing);
  };
  ScanWishes wishes{memory_.scores};
  for (bool* in_files : {&wishes.scores_in_files, &wishes.sums_in_files})
    *in_files = !memory_.scratch.empty() && need(wishes) > budget_.whole();
  CaseRoom room{budget_.take(need(wishes), scan.channels.at(0).string()), {}};
  if (wishes.scores_in_files) room.scratch.scores = memory_.scratch;
  if (wishes.sums_in_files) room.scratch.sums = memory_.scratch;
  return room;
}

}  // namespace seg::train
