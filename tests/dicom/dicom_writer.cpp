#include "dicom/dicom_writer.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/dcmjpls/djrparam.h>

#include <map>
#include <stdexcept>

namespace seg::test {
namespace {

namespace fs = std::filesystem;

void require(const OFCondition& condition) {
  if (condition.bad()) throw std::runtime_error(condition.text());
}

/// A decimal string has at most 16 letters.
std::string text_of(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.10g", number);
  return text.data();
}

template <class Numbers>
std::string list_of(const Numbers& numbers) {
  std::string text;
  for (const double number : numbers) {
    if (!text.empty()) text += '\\';
    text += text_of(number);
  }
  return text;
}

void put(DcmItem& item, const DcmTagKey& tag, const std::string& text) {
  require(item.putAndInsertString(tag, text.c_str()));
}

void put_number(DcmItem& item, const DcmTagKey& tag, int number) {
  require(item.putAndInsertUint16(tag, static_cast<Uint16>(number)));
}

std::string new_uid() {
  std::array<char, 100> uid{};
  return dcmGenerateUniqueIdentifier(uid.data());
}

/// A private element and a person, which no message may show.
void put_patient(DcmItem& item) {
  put(item, DCM_PatientName, patients_name);
  put(item, DCM_PatientID, "SECRET");
  put(item, DCM_PatientBirthDate, "19700101");
  put(item, DcmTag(0x0009, 0x0010, EVR_LO), "SECRET");
  DcmItem* coded = nullptr;
  require(item.findOrCreateSequenceItem(DCM_ProcedureCodeSequence, coded));
  put(*coded, DCM_CodeMeaning, "SECRET");
}

void put_series(DcmItem& item, const DicomSlice& slice, const char* sop_class) {
  put(item, DCM_SOPClassUID, sop_class);
  put(item, DCM_SOPInstanceUID, slice.instance.empty() ? new_uid() : slice.instance);
  if (!slice.frame_of_reference.empty())
    put(item, DCM_FrameOfReferenceUID, slice.frame_of_reference);
  put(item, DCM_StudyInstanceUID, slice.series + ".1");
  put(item, DCM_SeriesInstanceUID, slice.series);
  put(item, DCM_Modality, slice.modality);
  put(item, DCM_SeriesNumber, std::to_string(slice.series_number));
  put(item, DCM_InstanceNumber, std::to_string(slice.number));
  put(item, DCM_ImageType, slice.image_type);
  put_patient(item);
}

void put_form(DcmItem& item, const DicomSlice& slice) {
  put(item, DCM_PhotometricInterpretation, slice.photometric);
  const int samples = slice.photometric == "RGB" ? 3 : 1;
  put_number(item, DCM_SamplesPerPixel, samples);
  if (samples > 1) put_number(item, DCM_PlanarConfiguration, 0);
  put_number(item, DCM_Rows, slice.rows);
  put_number(item, DCM_Columns, slice.columns);
  put_number(item, DCM_BitsAllocated, slice.bits_allocated);
  put_number(item, DCM_BitsStored, slice.bits_stored);
  put_number(item, DCM_HighBit, slice.bits_stored - 1);
  put_number(item, DCM_PixelRepresentation, slice.is_signed);
}

void put_position(DcmItem& item, const DicomSlice& slice) {
  put(item, DCM_ImagePositionPatient, list_of(slice.position));
}
void put_orientation(DcmItem& item, const DicomSlice& slice) {
  put(item, DCM_ImageOrientationPatient, list_of(slice.orientation));
}
void put_spacing(DcmItem& item, const DicomSlice& slice) {
  put(item, DCM_PixelSpacing, list_of(slice.pixel_spacing));
}
void put_scale(DcmItem& item, const DicomSlice& slice) {
  put(item, DCM_RescaleIntercept, text_of(slice.intercept));
  put(item, DCM_RescaleSlope, text_of(slice.slope));
}

/// Only the bits that are stored, as a scanner leaves them.
std::uint32_t stored_bits(std::int32_t value, const DicomSlice& slice) {
  const std::uint32_t mask =
      slice.bits_stored == 32 ? ~0U : (1U << static_cast<unsigned>(slice.bits_stored)) - 1;
  return static_cast<std::uint32_t>(value) & mask;
}

void put_pixels(DcmItem& item, const std::vector<DicomSlice>& slices) {
  std::vector<Uint8> bytes;
  std::vector<Uint16> words;
  for (const DicomSlice& slice : slices)
    for (const std::int32_t value : slice.stored) {
      const std::uint32_t bits = stored_bits(value, slice);
      bytes.push_back(static_cast<Uint8>(bits));
      words.push_back(static_cast<Uint16>(bits));
      if (slice.bits_allocated == 32) words.push_back(static_cast<Uint16>(bits >> 16));
    }
  if (slices[0].bits_allocated == 8)
    require(item.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size()));
  else
    require(item.putAndInsertUint16Array(DCM_PixelData, words.data(), words.size()));
}

/// DCMTK's encoders are registered for the whole process.
void register_encoders() {
  static const bool once = [] {
    OFLog::configure(OFLogger::ERROR_LOG_LEVEL);  // remarks would go to the terminal
    DcmRLEEncoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs();
    DJLSEncoderRegistration::registerCodecs();
    return true;
  }();
  static_cast<void>(once);
}

void compress(DcmDataset& data, E_TransferSyntax syntax) {
  register_encoders();
  const DJ_RPLossless jpeg;
  const DJLSRepresentationParameter jpeg_ls(0, OFTrue);
  const DcmRepresentationParameter* parameter = nullptr;
  if (syntax == EXS_JPEGProcess14SV1) parameter = &jpeg;
  if (syntax == EXS_JPEGLSLossless) parameter = &jpeg_ls;
  require(data.chooseRepresentation(syntax, parameter));
}

void save(DcmFileFormat& file, const fs::path& path, const std::string& encoding) {
  static const std::map<std::string, E_TransferSyntax> known{
      {"explicit", EXS_LittleEndianExplicit}, {"implicit", EXS_LittleEndianImplicit},
      {"big endian", EXS_BigEndianExplicit},  {"RLE", EXS_RLELossless},
      {"JPEG", EXS_JPEGProcess14SV1},         {"JPEG-LS", EXS_JPEGLSLossless}};
  const E_TransferSyntax syntax = known.at(encoding);
  if (DcmXfer(syntax).isEncapsulated()) compress(*file.getDataset(), syntax);
  fs::create_directories(path.parent_path());
  require(file.saveFile(path.c_str(), syntax));
}

const char* sop_class_of(const DicomSlice& slice) {
  if (!slice.has_pixels) return UID_BasicTextSRStorage;
  return slice.is_secondary_capture ? UID_SecondaryCaptureImageStorage : UID_CTImageStorage;
}

}  // namespace

void write_dicom(const fs::path& file, const DicomSlice& slice) {
  DcmFileFormat format;
  DcmItem& item = *format.getDataset();
  put_series(item, slice, sop_class_of(slice));
  if (slice.thickness > 0) put(item, DCM_SliceThickness, text_of(slice.thickness));
  if (slice.has_place) {
    put_position(item, slice);
    put_orientation(item, slice);
    put_spacing(item, slice);
  }
  if (slice.has_pixels) {
    put_form(item, slice);
    put_scale(item, slice);
    put_pixels(item, {slice});
  }
  save(format, file, slice.encoding);
}

void write_enhanced_dicom(const fs::path& file, const std::vector<DicomSlice>& frames) {
  DcmFileFormat format;
  DcmItem& item = *format.getDataset();
  const DicomSlice& first = frames[0];
  put_series(item, first, UID_EnhancedCTImageStorage);
  put_form(item, first);
  put(item, DCM_NumberOfFrames, std::to_string(frames.size()));
  DcmItem *shared = nullptr, *group = nullptr;
  require(item.findOrCreateSequenceItem(DCM_SharedFunctionalGroupsSequence, shared));
  require(shared->findOrCreateSequenceItem(DCM_PlaneOrientationSequence, group));
  put_orientation(*group, first);
  require(shared->findOrCreateSequenceItem(DCM_PixelMeasuresSequence, group));
  put_spacing(*group, first);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    DcmItem* own = nullptr;
    require(item.findOrCreateSequenceItem(DCM_PerFrameFunctionalGroupsSequence, own,
                                          static_cast<long>(i)));
    require(own->findOrCreateSequenceItem(DCM_PlanePositionSequence, group));
    put_position(*group, frames[i]);
    require(own->findOrCreateSequenceItem(DCM_PixelValueTransformationSequence, group));
    put_scale(*group, frames[i]);
  }
  put_pixels(item, frames);
  save(format, file, first.encoding);
}

}  // namespace seg::test
