#pragma once

#include <string>

#include "seg/plan/plans.hpp"

namespace seg::data {

/// How scans are read, and label maps written: one of nnU-Net 2.8.1's image readers, or (by
/// default, for files that no plan is about) as the file's ending tells.
struct ImageReader {
  enum class Kind {
    by_file,    ///< NIfTI, NRRD, MetaImage and GIPL through ITK; TIFF by what is in it
    itk,        ///< SimpleITKIO, SimpleITKIOWithReorient
    nibabel,    ///< NibabelIO, NibabelIOWithReorient: 3D NIfTI, without ITK's demands on the header
    picture,    ///< NaturalImage2DIO
    tiff_stack  ///< Tiff3DIO
  };
  Kind kind = Kind::by_file;
  bool reorients = false;  ///< arrays run to the patient's Right, Anterior and Superior, whatever
                           ///< the order of the file; label maps are turned back
  bool operator==(const ImageReader&) const = default;
};

/// The reader that nnU-Net calls `name`.
/// @throws Error, naming `source` and the reader, when nnU-Net has no such reader.
ImageReader image_reader(const std::string& name, const std::string& source);

/// The reader that plans name.
ImageReader image_reader(const plan::Plans& plans);

/// nnU-Net's name for a reader; "" for one by file.
std::string name_of(const ImageReader& reader);

/// What --orientation takes: "model" leaves the reader as it is, "stored" reads arrays in the order
/// of the file, "RAS" turns them to Right, Anterior, Superior.
/// @throws Error for another word, and for "RAS" of pictures, which do not know where they lie.
ImageReader with_orientation(ImageReader reader, const std::string& orientation);

}  // namespace seg::data
