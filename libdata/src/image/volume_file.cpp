#include "image/volume_file.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

#include "image/dicom_series.hpp"
#include "image/image_format.hpp"
#include "image/itk_file.hpp"
#include "image/missing_path.hpp"
#include "image/nibabel_file.hpp"
#include "image/nifti_file.hpp"
#include "image/orientation.hpp"
#include "image/picture_file.hpp"
#include "image/tiff_spacing.hpp"
#include "seg/data/dicom.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;
using Kind = ImageReader::Kind;

void require_file(const fs::path& file) {
  std::error_code code;
  require_there(file);
  if (fs::is_directory(file, code))
    throw Error(file.string(), "is a folder that holds no slices of a DICOM series",
                "give an image file, or the folder of a series");
  if (!fs::is_regular_file(file, code)) throw Error(file.string(), "is not a file");
  if (!std::ifstream(file))
    throw Error(file.string(), "cannot be read (" + std::generic_category().message(errno) + ")",
                "check its permissions");
  if (fs::file_size(file, code) == 0)
    throw Error(file.string(), "the file is empty (0 bytes)", "copy or export it again");
}

Error too_large(const fs::path& file) {
  return {ErrorKind::out_of_memory,
          {file.string(), "claims more voxels than fit into memory",
           "its header is damaged, or the scan too large for this machine"}};
}

/// Runs a step of reading; what ITK throws becomes one line.
template <class Step>
void reading(const fs::path& file, Step step) {
  try {
    step();
  } catch (const itk::ExceptionObject& exception) {
    throw unreadable(file, exception);
  } catch (const std::bad_alloc&) {
    throw too_large(file);
  } catch (const c10::Error&) {
    throw too_large(file);
  }
}

Volume read_itk_volume(const fs::path& file, const Reporter& reporter) {
  ItkFile read = read_with_itk(file);
  Volume volume{read.voxels, read.geometry, !read.accepted};
  if (!tells_spacing(file))
    reporter.warn(file.string() +
                  ": its header tells no spacing, so voxels are taken as 1 mm apart");
  if (is_nifti(file)) {
    volume.voxels = read_nifti_voxels(file);
    scale_nifti_origin(file, volume.geometry);
  }
  if (volume.repaired) volume.geometry = repaired_nifti_geometry(file, reporter);
  return volume;
}

Volume read_nibabel_volume(const fs::path& file) {
  if (!is_nifti(file))
    throw Error(file.string(), "nibabel's readers take .nii and .nii.gz only",
                "correct the image reader that the plan or dataset.json names");
  return {read_nifti_voxels(file), nibabel_geometry(file)};
}

/// Whatever the name of the folder or file.
bool is_dicom(const fs::path& file) {
  std::error_code code;
  return fs::is_directory(file, code) ? holds_dicom(file) : is_dicom_file(file);
}

Volume read_in_stored_order(const fs::path& file, const ReadAs& as, const Reporter& reporter) {
  switch (as.reader.kind) {
    case Kind::itk:
      return read_itk_volume(file, reporter);
    case Kind::nibabel:
      return read_nibabel_volume(file);
    case Kind::picture:
      return read_picture(file);
    case Kind::tiff_stack:
      return read_tiff_stack(file, as.is_label, reporter);
    case Kind::by_file:
      return is_picture(file) ? read_picture_or_stack(file, as.is_label, reporter)
                              : read_itk_volume(file, reporter);
  }
  throw std::logic_error("unknown image reader");
}

void turn(Volume& volume, const fs::path& file) {
  if (volume.geometry.dimensions != 3 || volume.voxels.size(0) != 1)
    throw Error(file.string(), "is not one volume of three axes, which turning it to RAS needs",
                "store one 3D scan a file, or plan with SimpleITKIO");
  volume.voxels = turned_to_ras(volume.voxels, volume.geometry);
}

/// ITK writes some formats only to names that end in lower case.
void write_by_lower_case(const fs::path& file, const Volume& volume, bool rgb) {
  fs::path lower = without_image_ending(file);
  lower += known_ending(file);
  if (lower == file) return write_with_itk(file, volume, rgb);
  try {
    write_with_itk(lower, volume, rgb);
    fs::rename(lower, file);
  } catch (...) {
    std::error_code ignored;
    fs::remove(lower, ignored);
    throw;
  }
}

void write_unchecked(const fs::path& file, const Volume& volume, bool rgb) {
  if (volume.geometry.reader.kind == Kind::nibabel && is_nifti(file))
    write_as_nibabel(file, volume.voxels, volume.geometry);
  else
    write_by_lower_case(file, volume, rgb);
}

/// ITK's writers say little when a disk is full.
void require_readable(const fs::path& file, const Volume& volume) {
  const bool as_nibabel = volume.geometry.reader.kind == Kind::nibabel && is_nifti(file);
  if (as_nibabel && volume.voxels.dim() == 4) {  // nibabel's readers take three axes only
    read_nifti_voxels(file);
    return;
  }
  read_volume(file, {{as_nibabel ? Kind::nibabel : Kind::by_file}, true}, {});
}

}  // namespace

Volume read_volume(const fs::path& file, const ReadAs& as, const Reporter& reporter) {
  const bool dicom = is_dicom(file);
  if (!dicom) require_file(file);
  Volume volume;
  reading(file, [&] {
    if (!dicom) check_header(file);
    volume = dicom ? read_dicom(file, reporter) : read_in_stored_order(file, as, reporter);
    if (as.reader.reorients) turn(volume, file);
  });
  volume.geometry.reader = as.reader;
  return volume;
}

void write_volume(const fs::path& file, const Volume& volume, bool rgb) {
  if (has_separate_voxels(file))
    throw Error(file.string(), "this format splits an image into two files, which is only read",
                "write .mha or .nrrd");
  write_atomically(file, [&](const fs::path& temporary) {
    if (!std::ofstream(temporary)) throw cannot_write(file);
    try {
      write_unchecked(temporary, volume, rgb);
      require_readable(temporary, volume);
    } catch (const std::exception&) {
      throw cannot_write(file, 0);
    }
  });
  if (is_picture(file) && volume.geometry.dimensions == 3)
    write_tiff_spacing(file, volume.geometry);
}

}  // namespace seg::data
