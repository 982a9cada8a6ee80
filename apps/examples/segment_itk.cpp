// Segments scans with a model that is loaded once: segment_itk MODEL SCAN LABELS [SCAN LABELS ...]
#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>

#include <iostream>

#include "seg/itk.hpp"

namespace {

using Scan = itk::Image<float, 3>;

seg::SegmentControl progress_on_screen() {
  seg::SegmentControl control;
  control.reporter.progress = [](const std::string& step, std::size_t done, std::size_t total) {
    std::cerr << '\r' << step << ": " << done << " of " << total << "        ";
  };
  return control;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4 || argc % 2 != 0) {
    std::cerr << "usage: segment_itk MODEL SCAN LABELS [SCAN LABELS ...]\n";
    return 2;
  }
  const seg::Predictor predictor = seg::Predictor::load(argv[1]);
  for (int argument = 2; argument < argc; argument += 2) {
    const Scan::Pointer scan = itk::ReadImage<Scan>(argv[argument]);
    const auto labels = seg::segment<std::uint8_t>(predictor, *scan, progress_on_screen());
    itk::WriteImage(labels.GetPointer(), argv[argument + 1], true);
    std::cerr << '\n' << argv[argument + 1] << '\n';
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
