#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace seg::test {

/// A DICOM Segmentation as its elements say, read without the classes that wrote it.
struct ReadSegment {
  int number = 0;
  std::string label, category, type, algorithm;  ///< terms as "value|scheme|meaning"
  std::vector<int> color;                        ///< CIELab; empty: none
};

struct ReadFrame {
  int segment = 0;
  std::array<double, 3> position{};
  std::string instance;  ///< of the slice that it is made from
  int source_frame = 0;  ///< of that instance, from 1; 0: none is named
  std::vector<int> dimensions;
  std::vector<int> mask;  ///< [rows, columns]
};

struct ReadSegmentation {
  std::vector<ReadSegment> segments;
  std::vector<ReadFrame> frames;
  int rows = 0, columns = 0;
  std::vector<double> orientation, pixel_spacing;
  double slice_spacing = 0;
  std::string sop_class, type, overlap, modality, patient, study, series, frame_of_reference,
      referenced_series;
  std::vector<std::string> referenced_instances;
  bool has_private = false;
};

/// @throws std::runtime_error with what DCMTK says.
ReadSegmentation read_segmentation(const std::filesystem::path& file);

#ifndef SEG_TEST_DCMTK
inline ReadSegmentation read_segmentation(const std::filesystem::path&) { return {}; }
#endif

}  // namespace seg::test
