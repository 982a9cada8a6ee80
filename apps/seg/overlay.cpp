#include "seg/train/overlay.hpp"

#include <filesystem>
#include <iostream>
#include <string>

#include "commands.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

struct OverlayArguments {
  train::OverlayFiles files;
  fs::path picture;
};

void draw(const OverlayArguments& options) {
  train::write_overlay(options.picture, options.files);
  std::cout << "picture: " << options.picture.string() << '\n';
}

}  // namespace

void add_overlay_options(CLI::App& command) {
  command.footer(
      "Example:\n  seg overlay --image scans/case_0000.nii.gz "
      "--labels segmentations/case.nii.gz --output case.png");
  auto options = std::make_shared<OverlayArguments>();
  command.add_option("--image", options->files.scan, "scan, one channel")->required();
  command.add_option("--labels", options->files.labels, "segmentation to fill in")->required();
  command.add_option("--reference", options->files.reference, "labels to outline");
  command.add_option("--output", options->picture, "PNG to write")->required();
  command.callback([options] { draw(*options); });
}

}  // namespace seg::app
