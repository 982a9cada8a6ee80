#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Unpacks a zip made by nnUNetv2_export_model_to_zip (or of seg's own results) into `output`:
/// OUTPUT/<dataset>/<trainer>__<plans>__<configuration>/fold_K/checkpoint_*.pth, with plans.json
/// and dataset.json. Either everything is there in the end, or nothing.
/// @returns the model folders.
/// @throws Error for a file that is no zip or is damaged, one without a model, names that would
/// lead out of the folder, links, models that are there already, and a full disk.
std::vector<std::filesystem::path> install_model(const std::filesystem::path& zip,
                                                 const std::filesystem::path& output);

/// Makes a model folder of nnU-Net v2 out of a STU-Net that was trained with nnU-Net v1, as its
/// authors publish them: FILE.model with FILE.model.pkl beside it.
/// OUTPUT/<FILE>/nnUNetTrainer__nnUNetPlans__3d_fullres/fold_0/checkpoint_final.pth, with
/// plans.json and dataset.json; atomically.
/// @returns the model folder.
/// @throws Error when a file is missing or broken, for another network, and when the model is
/// there already.
std::filesystem::path install_version_1_model(const std::filesystem::path& file,
                                              const std::filesystem::path& output);

/// What these two would write. @throws Error as they do.
std::vector<std::filesystem::path> files_to_install(const std::filesystem::path& zip,
                                                    const std::filesystem::path& output);
std::vector<std::filesystem::path> files_to_install_of_version_1(
    const std::filesystem::path& file, const std::filesystem::path& output);

struct InstallRequest {
  std::string source;  ///< a zip or a .model as above, or the address of a zip (https://...)
  std::filesystem::path output;
  std::string sha256{};  ///< that the file must have, 64 hexadecimal digits; empty: any
};

/// Installs what is told by one of the two above. Of an address nothing stays but the models; the
/// checksum of what came is told, so that it can be asked for the next time.
/// @returns the model folders.
/// @throws Error as they do, for an address that cannot be downloaded, and for another checksum.
std::vector<std::filesystem::path> install(const InstallRequest& request,
                                           const Reporter& reporter = {});

/// What it would write, one line for each file. Writes nothing.
/// @throws Error as it does, and for an address: nothing is downloaded.
std::vector<std::string> install_intentions(const InstallRequest& request);

}  // namespace seg::train
