#include "dicom/segmentation_reader.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <stdexcept>

namespace seg::test {
namespace {

void must_succeed(const OFCondition& condition) {
  if (condition.bad()) throw std::runtime_error(condition.text());
}

std::string text(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFStringArray(tag, value);
  return value.c_str();
}

int number(DcmItem& item, const DcmTagKey& tag) {
  Uint16 value = 0;
  must_succeed(item.findAndGetUint16(tag, value));
  return value;
}

std::vector<double> decimals(DcmItem& item, const DcmTagKey& tag) {
  std::vector<double> values;
  Float64 value = 0;
  while (item.findAndGetFloat64(tag, value, values.size()).good()) values.push_back(value);
  return values;
}

/// Null behind the last one.
DcmItem* item_of(DcmItem& item, const DcmTagKey& sequence, long index = 0) {
  DcmItem* found = nullptr;
  item.findAndGetSequenceItem(sequence, found, index);
  return found;
}

DcmItem& required_item(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* const found = item_of(item, sequence);
  if (!found) throw std::runtime_error("a sequence is missing");
  return *found;
}

std::string term(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem& code = required_item(item, sequence);
  return text(code, DCM_CodeValue) + "|" + text(code, DCM_CodingSchemeDesignator) + "|" +
         text(code, DCM_CodeMeaning);
}

ReadSegment segment_of(DcmItem& item) {
  ReadSegment segment{
      number(item, DCM_SegmentNumber),
      text(item, DCM_SegmentLabel),
      term(item, DCM_SegmentedPropertyCategoryCodeSequence),
      term(item, DCM_SegmentedPropertyTypeCodeSequence),
      text(item, DCM_SegmentAlgorithmType) + " " + text(item, DCM_SegmentAlgorithmName),
      {}};
  Uint16 value = 0;
  for (unsigned long i = 0;
       item.findAndGetUint16(DCM_RecommendedDisplayCIELabValue, value, i).good(); ++i)
    segment.color.push_back(value);
  return segment;
}

ReadFrame frame_of(DcmItem& item) {
  ReadFrame frame;
  frame.segment =
      number(required_item(item, DCM_SegmentIdentificationSequence), DCM_ReferencedSegmentNumber);
  const auto position =
      decimals(required_item(item, DCM_PlanePositionSequence), DCM_ImagePositionPatient);
  for (std::size_t axis = 0; axis < 3; ++axis) frame.position[axis] = position.at(axis);
  DcmItem& source =
      required_item(required_item(item, DCM_DerivationImageSequence), DCM_SourceImageSequence);
  frame.instance = text(source, DCM_ReferencedSOPInstanceUID);
  Sint32 of_several = 0;
  if (source.findAndGetSint32(DCM_ReferencedFrameNumber, of_several).good())
    frame.source_frame = of_several;
  Uint32 index = 0;
  DcmItem& content = required_item(item, DCM_FrameContentSequence);
  while (content.findAndGetUint32(DCM_DimensionIndexValues, index, frame.dimensions.size()).good())
    frame.dimensions.push_back(static_cast<int>(index));
  return frame;
}

/// Bits follow each other across frames, the lowest of a byte first (PS3.5, 8.1.1).
void unpack(ReadSegmentation& read, const Uint8* bytes, std::size_t size) {
  std::size_t bit = 0;
  for (ReadFrame& frame : read.frames)
    for (int i = 0; i < read.rows * read.columns; ++i, ++bit) {
      if (bit / 8 >= size) throw std::runtime_error("pixels are missing");
      frame.mask.push_back(bytes[bit / 8] >> (bit % 8) & 1);
    }
}

void read_geometry(ReadSegmentation& read, DcmItem& data) {
  read.rows = number(data, DCM_Rows);
  read.columns = number(data, DCM_Columns);
  DcmItem& shared = required_item(data, DCM_SharedFunctionalGroupsSequence);
  read.orientation =
      decimals(required_item(shared, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient);
  DcmItem& measures = required_item(shared, DCM_PixelMeasuresSequence);
  read.pixel_spacing = decimals(measures, DCM_PixelSpacing);
  read.slice_spacing = decimals(measures, DCM_SpacingBetweenSlices).at(0);
}

void read_references(ReadSegmentation& read, DcmItem& data) {
  DcmItem& series = required_item(data, DCM_ReferencedSeriesSequence);
  read.referenced_series = text(series, DCM_SeriesInstanceUID);
  for (long i = 0; DcmItem* const item = item_of(series, DCM_ReferencedInstanceSequence, i); ++i)
    read.referenced_instances.push_back(text(*item, DCM_ReferencedSOPInstanceUID));
}

bool has_private(DcmObject& data) {
  DcmStack stack;
  while (data.nextObject(stack, OFTrue).good())
    if (stack.top()->getGTag() % 2 != 0) return true;
  return false;
}

}  // namespace

ReadSegmentation read_segmentation(const std::filesystem::path& file) {
  DcmFileFormat format;
  must_succeed(format.loadFile(file.c_str()));
  DcmItem& data = *format.getDataset();
  ReadSegmentation read;
  read.sop_class = text(data, DCM_SOPClassUID);
  read.type = text(data, DCM_SegmentationType);
  read.overlap = text(data, DcmTagKey(0x0062, 0x0013));
  read.modality = text(data, DCM_Modality);
  read.patient = text(data, DCM_PatientName);
  read.study = text(data, DCM_StudyInstanceUID);
  read.series = text(data, DCM_SeriesInstanceUID);
  read.frame_of_reference = text(data, DCM_FrameOfReferenceUID);
  read.has_private = has_private(data);
  read_geometry(read, data);
  read_references(read, data);
  for (long i = 0; DcmItem* const item = item_of(data, DCM_SegmentSequence, i); ++i)
    read.segments.push_back(segment_of(*item));
  for (long i = 0; DcmItem* const item = item_of(data, DCM_PerFrameFunctionalGroupsSequence, i);
       ++i)
    read.frames.push_back(frame_of(*item));
  const Uint8* bytes = nullptr;
  unsigned long size = 0;
  must_succeed(data.findAndGetUint8Array(DCM_PixelData, bytes, &size));
  unpack(read, bytes, size);
  return read;
}

}  // namespace seg::test
