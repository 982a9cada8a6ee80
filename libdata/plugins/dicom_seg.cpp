#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmfg/fgderimg.h>
#include <dcmtk/dcmfg/fgfracon.h>
#include <dcmtk/dcmfg/fgpixmsr.h>
#include <dcmtk/dcmfg/fgplanor.h>
#include <dcmtk/dcmfg/fgplanpo.h>
#include <dcmtk/dcmfg/fgseg.h>
#include <dcmtk/dcmiod/cielabutil.h>
#include <dcmtk/dcmiod/iodreferences.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>
#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <new>
#include <stdexcept>

#include "dicom_source.hpp"
#include "frame_bits.hpp"
#include "image/dicom_segmentation_file.hpp"
#include "seg/version.h"
#include "segment_slices.hpp"

extern "C" const char* seg_write_dicom_segmentation(const char*,
                                                    const seg::data::DicomSegmentation*);

namespace {

using seg::data::DicomSegment;
using seg::data::DicomSegmentation;
using seg::data::SourceSlice;
using seg::dicom_seg::FrameBits;
using seg::dicom_seg::overlap;
using seg::dicom_seg::pixels;
using seg::dicom_seg::read_source;
using seg::dicom_seg::require;
using seg::dicom_seg::slices_of_segments;
using seg::dicom_seg::Source;
using seg::dicom_seg::SourceFile;
using seg::dicom_seg::text_of;

/// A decimal string has at most 16 letters: as many digits as fit.
OFString decimal(double number) {
  std::array<char, 40> text{};
  auto end = std::to_chars(text.begin(), text.end(), number).ptr;
  for (int digits = 16; end - text.begin() > 16; --digits)
    end = std::to_chars(text.begin(), text.end(), number, std::chars_format::general, digits).ptr;
  return OFString(text.data(), static_cast<std::size_t>(end - text.begin()));
}

OFString new_uid(const char* root) {
  std::array<char, 100> uid{};
  return dcmGenerateUniqueIdentifier(uid.data(), root);
}

OFString version() {
  const auto number = [](int part) { return std::to_string(part); };
  return (number(SEG_VERSION_MAJOR) + "." + number(SEG_VERSION_MINOR) + "." +
          number(SEG_VERSION_PATCH))
      .c_str();
}

/// With frames of a byte: DCMTK 3.6.7 would hold two copies more of the pixels, which it packs
/// wrongly.
std::unique_ptr<DcmSegmentation> new_segmentation() {
  DcmSegmentation* made = nullptr;
  const IODGeneralEquipmentModule::EquipmentInfo equipment("seg", "seg", "0", version());
  const ContentIdentificationMacro identification("1", "SEGMENTATION", "Segmentation by seg", "");
  require(DcmSegmentation::createBinarySegmentation(made, 1, 8, equipment, identification),
          "the object");
  return std::unique_ptr<DcmSegmentation>(made);
}

/// Beside the source's series, whose number it tells.
OFString series_number(DcmItem& source) {
  Sint32 number = 0;
  source.findAndGetSint32(DCM_SeriesNumber, number);
  return std::to_string(1000 + std::clamp<Sint32>(number, 0, 1'000'000)).c_str();
}

void put_series(DcmSegmentation& object, Source& source) {
  DcmItem& first = *source.first.getDataset();
  require(object.importFromSourceImage(first), "patient and study");
  require(object.getSeries().setSeriesNumber(series_number(first)), "the series");
  require(object.getSeries().setSeriesDescription("Segmentation by seg"), "the series");
  OFString frame_of_reference, date, time;
  object.getFrameOfReference().getFrameOfReferenceUID(frame_of_reference);
  if (frame_of_reference.empty())
    require(object.getFrameOfReference().setFrameOfReferenceUID(new_uid(SITE_SERIES_UID_ROOT)),
            "the frame of reference");
  DcmDate::getCurrentDate(date);
  DcmTime::getCurrentTime(time);
  require(object.getSeries().setSeriesDate(date), "the date");
  require(object.getSeries().setSeriesTime(time), "the time");
  require(object.getGeneralImage().setContentDate(date), "the date");
  require(object.getGeneralImage().setContentTime(time), "the time");
}

void put_references(DcmSegmentation& object, Source& source) {
  const OFString patient = text_of(*source.first.getDataset(), DCM_PatientID);
  IODReferences references;
  for (const auto& [path, file] : source.files)
    references.add(new IODImageReference(patient.empty() ? "-" : patient, file.study, file.series,
                                         file.sop_instance, file.sop_class));
  const std::size_t added = object.getCommonInstanceReference().addReferences(
      references, source.files.begin()->second.study);
  if (added != source.files.size()) throw std::runtime_error("the source's slices lack their UIDs");
}

void put_color(DcmSegment& segment, const std::array<int, 3>& color) {
  double lightness = 0, a = 0, b = 0;
  IODCIELabUtil::rgb2DicomLab(lightness, a, b, color[0] / 255., color[1] / 255., color[2] / 255.);
  const auto whole = [](double number) {
    return static_cast<Uint16>(std::clamp(std::lround(number), 0L, 65535L));
  };
  require(segment.setRecommendedDisplayCIELabValue(whole(lightness), whole(a), whole(b)),
          "the color of a segment");
}

CodeSequenceMacro code(const seg::plan::CodedTerm& term) {
  return {term.value.c_str(), term.scheme.c_str(), term.meaning.c_str()};
}

void put_segments(DcmSegmentation& object, const std::vector<DicomSegment>& segments) {
  for (const DicomSegment& described : segments) {
    DcmSegment* segment = nullptr;
    require(DcmSegment::create(segment, described.name.c_str(), code(described.terms.category),
                               code(described.terms.type), DcmSegTypes::SAT_AUTOMATIC, "seg"),
            "a segment");
    Uint16 number = 0;
    require(object.addSegment(segment, number), "a segment");
    if (described.terms.color) put_color(*segment, *described.terms.color);
  }
}

/// What all frames have in common, and how they are told apart: by segment, then by position.
void put_geometry(DcmSegmentation& object, const DicomSegmentation& content) {
  FGPixelMeasures measures;
  const auto& spacing = content.pixel_spacing;
  require(measures.setPixelSpacing(decimal(spacing[0]) + "\\" + decimal(spacing[1])), "spacing");
  require(measures.setSpacingBetweenSlices(decimal(content.slice_spacing)), "spacing");
  require(measures.setSliceThickness(decimal(content.slice_spacing)), "spacing");
  require(object.addForAllFrames(measures), "spacing");
  const auto& along = content.orientation;
  FGPlaneOrientationPatient orientation;
  require(orientation.setImageOrientationPatient(decimal(along[0]), decimal(along[1]),
                                                 decimal(along[2]), decimal(along[3]),
                                                 decimal(along[4]), decimal(along[5])),
          "orientation");
  require(object.addForAllFrames(orientation), "orientation");
  const OFString organization = new_uid(SITE_INSTANCE_UID_ROOT);
  auto& dimensions = object.getDimensions();
  require(dimensions.addDimensionIndex(DCM_ReferencedSegmentNumber, organization,
                                       DCM_SegmentIdentificationSequence, "Segment"),
          "dimensions");
  require(dimensions.addDimensionIndex(DCM_ImagePositionPatient, organization,
                                       DCM_PlanePositionSequence, "Position"),
          "dimensions");
}

std::unique_ptr<FGDerivationImage> derivation(const SourceFile& file, int frame) {
  ImageSOPInstanceReferenceMacro* made = nullptr;
  require(ImageSOPInstanceReferenceMacro::create(file.sop_class, file.sop_instance, made),
          "the source's slices");
  const std::unique_ptr<ImageSOPInstanceReferenceMacro> reference(made);
  if (frame > 0)
    require(reference->addReferencedFrameNumber(static_cast<Uint16>(frame)), "the source's frames");
  OFVector<ImageSOPInstanceReferenceMacro> references;
  references.push_back(*reference);
  return std::unique_ptr<FGDerivationImage>(
      DcmSegmentation::createDerivationImageFG(references, "Segmentation by seg"));
}

/// Of a segment, from 1, and a slice of the scan, from 0.
struct FramePlace {
  Uint16 segment;
  std::size_t slice;
};

/// Adds a frame without its pixels.
void put_frame(DcmSegmentation& object, const DicomSegmentation& content, const FramePlace& at,
               const SourceFile& file) {
  const SourceSlice& slice = content.slices[at.slice];
  FGFrameContent frame;
  require(frame.setDimensionIndexValues(at.segment, 0), "a frame");
  require(frame.setDimensionIndexValues(static_cast<Uint32>(at.slice + 1), 1), "a frame");
  FGPlanePosPatient place;
  require(place.setImagePositionPatient(decimal(slice.position[0]), decimal(slice.position[1]),
                                        decimal(slice.position[2])),
          "a position");
  const auto source = derivation(file, slice.frame);
  if (!source) throw std::runtime_error("DCMTK refuses the source's UIDs");
  OFVector<FGBase*> groups;
  groups.push_back(&frame);
  groups.push_back(&place);
  groups.push_back(source.get());
  std::array<Uint8, 8> no_pixels{};
  require(object.addFrame(no_pixels.data(), at.segment, groups), "a frame");
}

FrameBits put_frames(DcmSegmentation& object, const DicomSegmentation& content,
                     const Source& source) {
  const auto slices = slices_of_segments(content);
  std::size_t frames = 0;
  for (const auto& seen : slices) frames += seen.size();
  std::vector<Uint8> mask(pixels(content));
  FrameBits bits(frames * mask.size());
  for (std::size_t s = 0; s < content.segments.size(); ++s) {
    const auto& values = content.segments[s].values;
    for (const std::size_t z : slices[s]) {
      std::transform(content.labels + z * mask.size(), content.labels + (z + 1) * mask.size(),
                     mask.begin(),
                     [&](int label) { return std::ranges::find(values, label) != values.end(); });
      put_frame(object, content, {static_cast<Uint16>(s + 1), z},
                source.files.at(content.slices[z].file));
      bits.add(mask);
    }
  }
  return bits;
}

/// The frames' size, and what DCMTK 3.6.7's classes do not know: SegmentsOverlap, and that a source
/// lost something when it was compressed.
void put_rest(DcmItem& item, const DicomSegmentation& content, DcmItem& source) {
  require(item.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(content.rows)), "the rows");
  require(item.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(content.columns)),
          "the columns");
  require(item.putAndInsertString(DcmTag(0x0062, 0x0013, EVR_CS),
                                  overlap(content.segments) ? "YES" : "NO"),
          "SegmentsOverlap");
  if (text_of(source, DCM_LossyImageCompression) != "01") return;
  for (const DcmTagKey& tag :
       {DCM_LossyImageCompression, DCM_LossyImageCompressionRatio, DCM_LossyImageCompressionMethod})
    if (source.tagExistsWithValue(tag))
      require(item.putAndInsertOFStringArray(tag, text_of(source, tag)), "the compression");
}

/// A package that brings DCMTK brings its dictionary, too, beside this plugin.
bool load_packed_dictionary() {
  Dl_info here{};
  if (!dladdr(reinterpret_cast<void*>(&seg_write_dicom_segmentation), &here)) return false;
  const auto file = std::filesystem::path(here.dli_fname).parent_path() / "dicom.dic";
  if (!std::filesystem::exists(file)) return false;
  const bool loaded = dcmDataDict.wrlock().loadDictionary(file.c_str());
  dcmDataDict.wrunlock();
  return loaded;
}

void write(const char* file, const DicomSegmentation& content) {
  if (!dcmDataDict.isDictionaryLoaded() && !load_packed_dictionary())
    throw std::runtime_error("DCMTK does not find its dictionary, which DCMDICTPATH can name");
  Source source;
  read_source(source, content.slices);
  const auto object = new_segmentation();
  put_series(*object, source);
  put_references(*object, source);
  put_segments(*object, content.segments);
  put_geometry(*object, content);
  const FrameBits bits = put_frames(*object, content, source);
  object->setCheckFGOnWrite(OFFalse);  // it takes each frame's time for each frame
  DcmFileFormat format;
  require(object->writeDataset(*format.getDataset()), "the object");
  bits.put(*format.getDataset());
  put_rest(*format.getDataset(), content, *source.first.getDataset());
  require(format.saveFile(file, EXS_LittleEndianExplicit), "the file");
}

}  // namespace

/// seg::data::WriteDicomSegmentation (src/image/dicom_segmentation_file.hpp).
/// @throws std::bad_alloc.
extern "C" const char* seg_write_dicom_segmentation(const char* file,
                                                    const DicomSegmentation* content) {
  static thread_local std::string problem;
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);  // remarks would go to the terminal
  try {
    write(file, *content);
    return nullptr;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& exception) {
    problem = exception.what();
    return problem.c_str();
  }
}
