#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/ranks.hpp"
#include "seg/plan/reporter.hpp"
#include "seg/train/failure.hpp"

namespace seg::train {

struct PredictOptions {
  std::vector<std::string> folds{"all"};
  std::string checkpoint = "final";  ///< final, best, latest, or a file's name
  bool mirroring = true;
  double step_size = 0.5;
  bool save_probabilities = false;  ///< as nnU-Net's <case>.npz
  /// Also probabilities/<case>.nii.gz (of a single file <its name>_probabilities.nii.gz): float32
  /// on the scan's own grid, the network's outputs, labels or regions in their order, on a fourth
  /// axis.
  bool probability_images = false;
  int num_parts = 1, part_id = 0;  ///< predict every num_parts-th case, starting with part_id
  bool overwrite = false;          ///< else cases that are done already are skipped
  std::string device = "auto", precision = "auto";  ///< see choose_device(), choose_precision()
  int threads = 0;                                  ///< 0: all cores
  /// What computes the networks: seg's own kernels and LibTorch's (seg), or OpenVINO on a CPU
  /// (openvino), which rounds otherwise.
  std::string engine = "seg";
  /// model: scans are read as the plan's image reader does; stored: in the order of the file; RAS:
  /// turned to Right, Anterior, Superior. For models that were trained outside on scans so ordered.
  std::string orientation = "model";
  std::optional<std::filesystem::path>
      previous_stage;  ///< cascade: folder with the label maps of the earlier configuration;
                       ///< empty: made with that configuration's model beside this one
  /// Format of the segmentations, such as "nii.gz", "nrrd" or "mha", or "dicom-seg" for DICOM
  /// Segmentations of scans that are DICOM; empty: the model's file_ending.
  std::string output_type;
  /// dicom-seg: what labels are in a terminology, see plan::segment_terms(); empty: the entry
  /// "terminology" of the model's dataset.json, if it has one.
  std::optional<std::filesystem::path> terminology;
  // What is done to a label map before it is written, in this order. Labels are given by their
  // names or numbers in dataset.json; parts are connected when they touch, also at a corner. The
  // probabilities stay as they are.
  std::vector<std::string> largest;  ///< labels of which only the largest part stays, or "all"
  double remove_small = 0;           ///< parts of a label below this volume go, mm³
  std::vector<std::string> labels;   ///< only these are written; empty: all
  bool split_labels = false;         ///< also <case>/<label><ending>: 1 where the label is
  /// Also uncertainty/<case><ending> (of a single file <its name>_uncertainty<ending>): at each
  /// voxel the entropy of the mean probabilities, from 0 (sure) to 1 (all alike).
  bool uncertainty = false;
  /// Also statistics.json and statistics.csv (of a single file <its name>_statistics): volume and
  /// intensities of each label that is written, by case.
  bool statistics = false;
  std::int64_t memory = 0;       ///< bytes that the process may take, see data::memory_to_use()
  data::Ranks* ranks = nullptr;  ///< that share the scans, each what it comes to
};

/// Segments a folder of scans, or one file, of any format that can be read (see data::reader_for),
/// with a trained model; writes OUTPUT/<case><ending> on the scan's own grid and copies of
/// dataset.json and plans.json; with save_probabilities also <case>.npz (see write_probabilities)
/// and <case>.json. Logits are averaged over folds. The next case is prepared while one is computed
/// and the last one is written, as far as options.memory has room for them. The segmentations that
/// a cascade's first stage makes on the way lie in OUTPUT/<its configuration>.
///
/// OUTPUT/records/<case>.json says what a segmentation was made with. One that is there counts as
/// done when it is whole and was made with the same weights, folds, plans and options of the same
/// scan; else it is made again, and a line says so, and what was made beside it goes. Label maps of
/// which no record tells, and a dataset.json or plans.json where nothing was predicted, are
/// somebody else's: they are replaced only with options.overwrite. Several processes may fill one
/// folder.
///
/// For a single scan OUTPUT may be an image file, which is then all that is written, but for its
/// record in records/ beside it. One that is there already, and that seg did not make of this scan
/// or that was changed since, is replaced only with options.overwrite.
/// @returns the cases that were written, and those that were left because they were done.
/// @throws Error naming each case that could not be segmented, after the others are done; before
/// anything is done for an output that is the folder of the scans or one of them, that could not be
/// written, or in which something of somebody else's would be lost.
CaseOutcomes predict(const std::filesystem::path& model, const std::filesystem::path& scans,
                     const std::filesystem::path& output, const PredictOptions& options,
                     const Reporter& reporter = {});

/// What a prediction would do.
struct PredictIntentions {
  std::vector<std::string>
      lines;  ///< one for each file: writes, leaves because it is done, removes
  std::vector<std::string> unfit;  ///< cases that cannot be segmented
};

/// Of a cascade also what the first stage would do. Warns of scans that cannot be segmented, as far
/// as the beginnings of their files tell. Writes nothing.
/// @throws Error as it does before anything is done.
PredictIntentions predict_intentions(const std::filesystem::path& model,
                                     const std::filesystem::path& scans,
                                     const std::filesystem::path& output,
                                     const PredictOptions& options, const Reporter& reporter = {});

}  // namespace seg::train
