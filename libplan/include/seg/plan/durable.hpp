#pragma once

#include <filesystem>

namespace seg {

/// What is promised after a power cut or a crash of the system, said here for all of seg:
///
/// - Every file is written under another name and renamed when it is whole. A process that is
///   killed, at whatever instant, leaves the earlier file or the new one, never a part of one.
/// - JSON files (plans, splits, records) and checkpoints are on the disk before they are renamed,
///   by this function: also a power cut leaves the earlier one or the new one.
/// - Arrays (.npy), segmentations and probabilities are not waited for, which would make
///   preprocessing and prediction slower. A power cut may take those of the last half minute; they
///   are then shorter than their header says, or not there, and are refused or made again.
///
/// Waits until a file's content is on its disk. Files that cannot be opened or synchronised (as on
/// some network file systems) are left to the system.
void wait_for_disk(const std::filesystem::path& file);

}  // namespace seg
