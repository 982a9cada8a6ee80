#pragma once

#include <ATen/ATen.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/image.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// A scan and label maps on its grid, all [Z, Y, X].
struct OverlayInput {
  at::Tensor scan;         ///< any numbers; shown in grey between the 0.5th and 99.5th percentile
  at::Tensor labels;       ///< integers; shown as translucent colours, 0 not at all
  at::Tensor reference{};  ///< integers or undefined; shown as outlines in the same colours
  data::Geometry geometry{};
};

/// Draws one slice in each of the three planes (only the first for a single slice), side by side:
/// the slice in which the largest structure is widest. The patient's head and nose point upwards,
/// and a millimetre has the same length everywhere. Without a reference the labels are outlined.
/// @returns uint8 [Y, X, 3], each panel up to `panel_size` pixels high and wide.
/// @throws Error when shapes disagree.
at::Tensor overlay_picture(const OverlayInput& input, std::int64_t panel_size = 384);

/// The colour in which a label (from 1) is drawn: red, green, blue, 0 to 255. Eight take turns.
std::array<int, 3> overlay_colour(std::int64_t label);

struct SliceOptions {
  std::int64_t most = 15;         ///< slices that are drawn, at least 1
  std::int64_t panel_size = 256;  ///< pixels that a panel is high or wide
};

/// Slices of one plane of a scan, to look through.
struct OverlaySlices {
  std::string plane;                  ///< "axial", "coronal", "sagittal"; "picture" in 2D
  std::int64_t of = 1;                ///< slices that the scan has in this plane
  std::vector<std::int64_t> indices;  ///< of those drawn, from 0, rising
  std::vector<at::Tensor> pictures;   ///< uint8 [Y, X, 3] each
  std::size_t widest = 0;             ///< which of them shows the largest labelled area
};

/// Draws the slices that hold labels or reference, evenly chosen where there are more than `most`,
/// in the plane across the coarsest axis (axial where none is): on the left with the outlines of
/// the labels, on the right with those of the reference; without one the left panel is the scan
/// alone and the right one has the labels. Cut to what is labelled and a margin, and turned as
/// overlay_picture() turns it.
/// @throws Error when shapes disagree.
OverlaySlices overlay_slices(const OverlayInput& input, const SliceOptions& options = {});

struct OverlayFiles {
  std::filesystem::path scan;  ///< one channel
  std::filesystem::path labels;
  std::optional<std::filesystem::path> reference;
};

/// @throws Error for a picture that is there already and that seg did not draw of these files, or
/// that was changed since; of folders (see write_overlays()) for the pictures of their cases.
void refuse_to_replace_pictures(const std::filesystem::path& picture, const OverlayFiles& files);

/// Reads the files and writes the picture as PNG, and in records/ beside it what it is made of.
/// Replaces what is there: see refuse_to_replace_pictures(). Label maps that lie elsewhere than the
/// scan are told. @throws Error when shapes disagree.
void write_overlay(const std::filesystem::path& picture, const OverlayFiles& files,
                   const Reporter& reporter = {});

/// Writes CASE.png for every case of folders: scans CASE_0000 or CASE (of several channels the
/// first; images or folders of a DICOM series), label maps and references CASE, of any ending.
/// @returns how many.
/// @throws Error, after the others are drawn and a warning for each, for cases that are not in all
/// folders or cannot be read; before, for a folder without images or with two of one name.
std::size_t write_overlays(const std::filesystem::path& pictures, const OverlayFiles& folders,
                           const Reporter& reporter = {});

/// What it would write, one line for each picture. Writes nothing. @throws Error as it does before
/// the first picture, and for cases that are not in all folders.
std::vector<std::string> overlay_intentions(const std::filesystem::path& pictures,
                                            const OverlayFiles& folders,
                                            const Reporter& reporter = {});

}  // namespace seg::train
