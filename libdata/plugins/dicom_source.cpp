#include "dicom_source.hpp"

#include <stdexcept>
#include <string>

namespace seg::dicom_seg {
namespace {

void load_header(DcmFileFormat& format, const std::filesystem::path& file) {
  require(format.loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength,
                                  ERM_autoDetect, DCM_PixelData),
          "the source's slices");
}

SourceFile source_file(DcmItem& item) {
  return {text_of(item, DCM_StudyInstanceUID), text_of(item, DCM_SeriesInstanceUID),
          text_of(item, DCM_SOPClassUID), text_of(item, DCM_SOPInstanceUID)};
}

bool is_complete_code(DcmItem& code) {
  const bool has_value = code.tagExistsWithValue(DCM_LongCodeValue) ||
                         code.tagExistsWithValue(DCM_URNCodeValue) ||
                         (code.tagExistsWithValue(DCM_CodeValue) &&
                          code.tagExistsWithValue(DCM_CodingSchemeDesignator));
  return has_value && code.tagExistsWithValue(DCM_CodeMeaning);
}

/// DCMTK would write no study with such a code, which it need not have.
void drop_incomplete_codes(DcmItem& study, const DcmTagKey& sequence) {
  DcmItem* code = nullptr;
  for (long i = 0; study.findAndGetSequenceItem(sequence, code, i).good(); ++i)
    if (!is_complete_code(*code)) {
      study.findAndDeleteElement(sequence);
      return;
    }
}

}  // namespace

void require(const OFCondition& condition, const char* what) {
  if (condition.bad()) throw std::runtime_error(std::string(what) + ": " + condition.text());
}

OFString text_of(DcmItem& item, const DcmTagKey& tag) {
  OFString text;
  item.findAndGetOFStringArray(tag, text);
  return text;
}

void read_source(Source& source, const std::vector<data::SourceSlice>& slices) {
  load_header(source.first, slices.front().file);
  DcmItem& first = *source.first.getDataset();
  source.files[slices.front().file] = source_file(first);
  drop_incomplete_codes(first, DCM_ProcedureCodeSequence);
  drop_incomplete_codes(first, DCM_ReasonForPerformedProcedureCodeSequence);
  for (const data::SourceSlice& slice : slices) {
    if (source.files.contains(slice.file)) continue;
    DcmFileFormat format;
    load_header(format, slice.file);
    source.files[slice.file] = source_file(*format.getDataset());
  }
}

}  // namespace seg::dicom_seg
