#include "catch.hpp"
#include "seg/data/image.hpp"

TEST_CASE("a path without its image ending keeps folders, dots and what is no image") {
  using seg::data::without_image_ending;
  for (const auto& [given, expected] :
       std::vector<std::pair<std::string, std::string>>{{"scans.nii/a.nii.gz", "scans.nii/a"},
                                                        {"a.v2.NII.GZ", "a.v2"},
                                                        {"/x/case_0000.mha", "/x/case_0000"},
                                                        {"a.nii.nrrd", "a.nii"},
                                                        {"notes.txt", "notes.txt"},
                                                        {"a.nii.gz/", "a.nii.gz/"}})
    CHECK(without_image_ending(given) == std::filesystem::path(expected));
}
