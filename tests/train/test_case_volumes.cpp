#include "report/case_volumes.hpp"

#include <fstream>

#include "catch.hpp"
#include "reported_work.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/report.hpp"
#include "test_files.hpp"

using namespace seg;

namespace {

std::string bytes_in(const std::string& base64) {
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0, held = 0;
  for (const char letter : base64) {
    if (letter == '=') break;
    bits = bits << 6 | static_cast<unsigned>(letters.find(letter));
    if ((held += 6) >= 8) bytes += static_cast<char>(bits >> (held -= 8) & 255);
  }
  return bytes;
}

data::Image volume_in(const Json& base64, const test::TemporaryFolder& folder) {
  std::ofstream(folder / "volume.nii.gz", std::ios::binary) << bytes_in(base64.get<std::string>());
  return data::read_image({folder / "volume.nii.gz"});
}

}  // namespace

TEST_CASE("a case's volumes are what is labelled and a margin, thinned where they are long") {
  const test::TemporaryFolder folder;
  train::CaseImages images;
  images.has_scan = true;
  images.input.scan = at::rand({50, 400, 60});
  images.input.labels = at::zeros({50, 400, 60}, at::kShort);
  images.input.reference = at::zeros_like(images.input.labels);
  images.input.labels.slice(0, 20, 26).slice(1, 30, 260).slice(2, 9, 39).random_(0, 300);
  images.input.reference.slice(0, 21, 26).slice(1, 30, 260).slice(2, 9, 39).fill_(2);
  images.input.geometry.spacing = {1, 0.5, 3};
  images.input.geometry.origin = {5, -7, 11};
  images.input.geometry.direction = {0, 1, 0, -1, 0, 0, 0, 0, 1};
  const Json volumes = train::volumes_json(images);
  // 6 slices and 13 on either side, 230 rows and 77 (to 0 at the start), 30 columns and 10 (9).
  const auto shown = [](const at::Tensor& volume) {
    return volume.slice(0, 7, 39).slice(1, 0, 337, 3).slice(2, 0, 49).to(at::kFloat);
  };
  CHECK(volumes["step"] == Json{1, 3, 1});
  const auto prediction = volume_in(volumes["prediction"], folder);
  CHECK(prediction.data[0].equal(shown(images.input.labels)));
  CHECK(volume_in(volumes["reference"], folder).data[0].equal(shown(images.input.reference)));
  const at::Tensor scan = volume_in(volumes["scan"], folder).data[0];
  CHECK((scan / 255 - shown(images.input.scan)).abs().max().item<double>() < 0.02);
  CHECK(prediction.geometry.spacing == std::array{1., 1.5, 3.});
  CHECK(prediction.geometry.origin == std::array{5., -7., 11. + 7 * 3});
  CHECK(prediction.geometry.direction == images.input.geometry.direction);
}

TEST_CASE("a report has volumes where they are wanted, and NiiVue only there") {
  const test::ReportedWork reported;
  reported.train();
  reported.validate();
  const auto page = [&](bool volumes) {
    train::ReportOptions options;
    options.volumes = volumes;
    return train::report_page(train::report_content(reported.work(), options));
  };
  CHECK(page(false).find("\"prediction\":\"") == std::string::npos);
  CHECK(page(false).find("NiiVue (https") == std::string::npos);
  CHECK(page(true).find("\"prediction\":\"") != std::string::npos);
  CHECK((page(true).find("NiiVue (https") != std::string::npos) == train::report_has_volumes());
  train::ReportOptions options;
  options.volumes = true;
  options.slices = train::report_has_volumes() ? 0 : 15;
  CHECK_THROWS_WITH(train::write_report(reported.work(), options),
                    ContainsSubstring(train::report_has_volumes() ? "slices=0" : "needs NiiVue"));
}
