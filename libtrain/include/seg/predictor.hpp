#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "seg/plan/api.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/reporter.hpp"
#include "seg/version.h"

namespace seg {

/// The version of the library that is loaded, as SEG_VERSION_STRING was when it was built.
SEG_API const char* version();

/// Where the voxels of a scan lie, as ITK orders it: x, y, z, although arrays are [Z, Y, X].
/// World: x grows to the patient's Left, y to the Posterior, z to the Superior.
struct ImageGeometry {
  std::array<double, 3> spacing{1, 1, 1}, origin{0, 0, 0};     ///< mm
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< cosines, row by row
  bool is_slice = false;  ///< one slice, for a model of pictures: Z is 1, of spacing x and y count
};

/// A scan in memory that belongs to the caller.
struct Image {
  const float* voxels = nullptr;        ///< [C, Z, Y, X], X fastest, without gaps
  std::array<std::int64_t, 4> shape{};  ///< C, Z, Y, X; channels in the order of dataset.json
  ImageGeometry geometry{};
};

/// An array that owns its memory and shares it when it is copied; empty if it was not asked for.
template <typename T>
struct Array {
  std::shared_ptr<T[]> values;
  std::vector<std::int64_t> shape;

  std::size_t size() const {
    std::size_t count = values ? 1 : 0;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
    return count;
  }
  T* begin() const { return values.get(); }
  T* end() const { return values.get() + size(); }
};

/// What is segmented with.
struct PredictorOptions {
  std::vector<std::string> folds{"all"};  ///< "all": every numbered fold there is, else fold_all
  std::string checkpoint = "final";       ///< final, best, latest, or a file's name
  bool mirroring = true;              ///< test-time mirroring along the axes that the model allows
  double step_size = 0.5;             ///< between tiles, part of a patch: above 0, up to 1
  std::string device = "auto";        ///< auto, cpu, cuda, cuda:N
  std::string precision = "auto";     ///< auto, fp32, bf16, fp16
  int threads = 0;                    ///< on the CPU, for each call; 0: all cores
  std::string orientation = "model";  ///< model, stored, RAS: as seg predict --orientation
  std::string engine = "seg";         ///< seg, openvino: as seg predict --engine; openvino keeps
                                      ///< the memory it works in, not counted in memory_needed()
};

/// What is made of one scan, and how its caller hears of it.
struct SegmentControl {
  bool probabilities = false, logits = false, uncertainty = false;  ///< asked for beside labels
  /// Warnings, and progress in steps ("preparing", "networks" and so on). It is called in the
  /// thread that called segment(). What it throws ends the segmentation and reaches the caller.
  Reporter reporter{};
  const std::atomic<bool>* stop = nullptr;  ///< true: ends with Error of kind interrupted, within
                                            ///< the time of some tiles
};

/// All arrays lie on the scan's own grid.
struct Segmentation {
  Array<std::int16_t> labels;  ///< [Z, Y, X], values of dataset.json
  /// [outputs, Z, Y, X]: an output for each label, background first, or for each region. The mean
  /// over folds and models.
  Array<float> probabilities;
  /// The same before softmax (labels) or sigmoid (regions); of several models the logarithm of the
  /// mean probabilities or their odds. Outside what was segmented: 0 for the background, else
  /// minus infinity.
  Array<float> logits;
  /// [Z, Y, X]: entropy of the probabilities divided by its largest value, 0 (sure) to 1 (any label
  /// as likely as another); of regions the mean of theirs.
  Array<float> uncertainty;
};

/// Memory beside the scan that the caller holds and the networks that are loaded, in bytes.
struct MemoryNeed {
  std::size_t host = 0, device = 0;  ///< device: of a GPU
};

/// Trained models that stay in memory and segment one scan after the other as `seg predict` does,
/// to the same voxel, and, of several models, as `seg ensemble` averages them. A cascade runs its
/// first stage itself.
///
/// Nothing is printed and no file is written; no signal handler, environment variable or setting of
/// LibTorch, OpenMP or the C++ library is changed for longer than a call takes, and on the CPU for
/// no other thread. (With fp32 on a GPU, TF32 is forbidden to the whole process while networks
/// run.)
///
/// The C library gives memory of a feature map's size back when it is freed. A program that tells
/// it to keep such memory as `seg predict` does (environment MALLOC_MMAP_THRESHOLD_=33554432,
/// MALLOC_TRIM_THRESHOLD_=268435456, THP_MEM_ALLOC_ENABLE=1) segments faster: small MR scans took a
/// sixth less.
///
/// Any number of threads may call the const members of one Predictor: scans are prepared side by
/// side, and their networks run one after the other, as each takes all `threads`. Predictors do not
/// wait for each other. The result is the same as alone.
class SEG_API Predictor {
 public:
  /// Loads a model folder, seg's or nnU-Net's (plans.json, dataset.json, fold_0, ...). Of a cascade
  /// the first stage's folder lies beside it.
  /// @throws Error: not_found, bad_model, bad_setting, out_of_memory and others.
  static Predictor load(const std::filesystem::path& model, const PredictorOptions& options = {});

  /// Several models (configurations, or trainings) of one dataset, whose probabilities are
  /// averaged.
  static Predictor load(const std::vector<std::filesystem::path>& models,
                        const PredictorOptions& options = {});

  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;
  ~Predictor();

  /// Segments a scan.
  /// @throws Error: bad_input for another number of channels, for voxels that are NaN or infinite,
  /// or for a spacing that is not above 0; interrupted; out_of_memory.
  Segmentation segment(const Image& image, const SegmentControl& control = {}) const;

  /// What segment() may take for a scan of this shape, if nothing of it can be cropped away, and
  /// what its results take. The networks run on some empty tiles to measure theirs.
  /// @param spacing as in ImageGeometry.
  MemoryNeed memory_needed(const std::array<std::int64_t, 4>& shape,
                           const std::array<double, 3>& spacing,
                           const SegmentControl& control = {}) const;

  std::vector<std::string> channels() const;  ///< names, in the order of Image's channels
  /// Names of the outputs that probabilities have, and the values that labels give them; of a
  /// region the value that is written for it.
  std::vector<std::pair<std::string, int>> outputs() const;
  std::string device() const;     ///< cpu, or cuda:N
  std::string precision() const;  ///< fp32, bf16 or fp16

  struct Inside;  ///< not for others

 private:
  explicit Predictor(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace seg
