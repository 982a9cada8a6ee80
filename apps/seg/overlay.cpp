#include "seg/train/overlay.hpp"

#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "dry_run.hpp"
#include "seg/data/dicom.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"
#include "terminal.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct OverlayArguments {
  train::OverlayFiles files;
  fs::path picture;
  bool overwrite = false;
};

/// The folder of a DICOM series is one scan.
bool is_folder_of_scans(const fs::path& scan) {
  return fs::is_directory(scan) && !data::holds_dicom(scan);
}

void require_alike(const fs::path& other, bool is_folder, const OverlayArguments& options) {
  const bool folders = is_folder_of_scans(options.files.scan);
  if (folders == is_folder) return;
  const std::string scan = options.files.scan.string();
  throw Error(other.string(),
              folders ? "is no folder, but " + scan + " is a folder of scans"
                      : "is a folder, but " + scan + " is one scan",
              "give files only, or folders only");
}

void require_alike(const OverlayArguments& options) {
  const auto& [scan, labels, reference] = options.files;
  const fs::path& picture = options.picture;
  if (!fs::exists(scan)) return;  // said where it is read
  require_alike(labels, fs::is_directory(labels), options);
  if (reference) require_alike(*reference, fs::is_directory(*reference), options);
  const bool is_new_folder =
      !fs::exists(picture) && is_folder_of_scans(scan) && !is_written_as_file(picture);
  require_alike(picture, is_new_folder || fs::is_directory(picture), options);
}

/// Of one picture what is read must be there; it is not read.
std::vector<std::string> intentions(const OverlayArguments& options) {
  const auto& [scan, labels, reference] = options.files;
  if (is_folder_of_scans(scan))
    return train::overlay_intentions(options.picture, options.files, terminal_reporter());
  for (const fs::path& file : {scan, labels, reference.value_or(labels)})
    if (!fs::exists(file))
      throw Error(ErrorKind::not_found, {file.string(), "is not there", "give another file"});
  return {to_write(options.picture)};
}

void draw(const OverlayArguments& options) {
  const fs::path& picture = options.picture;
  if (!is_folder_of_scans(options.files.scan)) {
    train::write_overlay(picture, options.files, terminal_reporter());
    std::cout << "picture: " << picture.string() << '\n';
    return;
  }
  const std::size_t drawn = train::write_overlays(picture, options.files, terminal_reporter());
  std::cout << "pictures: " << picture.string() << " (" << drawn << " cases)\n";
}

}  // namespace

void add_overlay_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg overlay --image scans/case_0000.nii.gz "
      "--labels segmentations/case.nii.gz --output case.png\n"
      "  seg overlay --image Dataset001_Phantom/imagesTr --labels Dataset001_Phantom/labelsTr "
      "--output pictures");
  auto options = std::make_shared<OverlayArguments>();
  command
      .add_option("-i,--image", options->files.scan,
                  "scan, one channel; or a folder of scans (CASE_0000 or CASE, of several channels "
                  "the first), each of which is drawn")
      ->required();
  command
      .add_option("--labels", options->files.labels,
                  "segmentation to fill in, or the folder of them (CASE)")
      ->required();
  command.add_option("--reference", options->files.reference,
                     "labels to outline, or the folder of them (CASE)");
  command
      .add_option("-o,--output", options->picture, "PNG to write, or the folder of them (CASE.png)")
      ->required();
  command.add_flag("--overwrite", options->overwrite,
                   "replace pictures that are there, whatever they are (else only what seg drew of "
                   "the same files)");
  add_dry_run(command);
  command.callback([options, &command] {
    require_alike(*options);
    if (!options->overwrite) train::refuse_to_replace_pictures(options->picture, options->files);
    is_dry_run(command) ? print_intentions(intentions(*options), "") : draw(*options);
  });
}

}  // namespace seg::app
