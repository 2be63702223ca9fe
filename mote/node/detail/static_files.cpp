#include <mote/node/detail/static_files.hpp>

#include <mote/functions/bundle_settings.hpp>
#include <mote/functions/error.hpp>
#include <mote/http/percent.hpp>
#include <mote/node/detail/launch.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace mote::node::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view index_name = "index.html";

constexpr std::pair<std::string_view, std::string_view> types[] = {
    {".css", "text/css; charset=utf-8"},
    {".csv", "text/csv; charset=utf-8"},
    {".gif", "image/gif"},
    {".gz", "application/gzip"},
    {".htm", "text/html; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/x-icon"},
    {".jpeg", "image/jpeg"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".md", "text/markdown; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".mp3", "audio/mpeg"},
    {".mp4", "video/mp4"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".ttf", "font/ttf"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".webm", "video/webm"},
    {".webmanifest", "application/manifest+json"},
    {".webp", "image/webp"},
    {".woff", "font/woff"},
    {".woff2", "font/woff2"},
    {".xml", "application/xml"},
    {".zip", "application/zip"},
};

/// Below a directory, without `.` and `//`; nothing where a part is `..`.
std::optional<fs::path> relative_path(std::string_view text) {
    fs::path result;
    while (!text.empty()) {
        const auto end = std::min(text.find('/'), text.size());
        const auto part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (part == "..") return std::nullopt;
        if (!part.empty() && part != ".") result /= part;
    }
    return result;
}

}  // namespace

static_files::static_files(const fs::path& bundle, std::string_view directory) {
    const auto refuse = [&](std::string_view why) {
        functions::throw_error(functions::errc::bad_setting,
                               "static_path=\"" + std::string(directory) + "\": " + std::string(why));
    };
    const auto below = fs::path(directory).lexically_normal().lexically_relative(bundle_home);
    if (below.empty() || *below.begin() == "..") refuse("not in the bundle, which is /home/app");
    std::error_code failed;
    const auto top = fs::canonical(bundle, failed);
    if (!failed) root_ = top;
    if (!failed) root_ = fs::canonical(top / below, failed);
    if (failed || !fs::is_directory(root_, failed)) refuse("the bundle has no such directory");
    const auto real = std::exchange(root_, top);
    if (!is_inside(real)) refuse("not in the bundle, which is /home/app");
    root_ = real;
    hidden_ = top / functions::settings_file;
}

bool static_files::is_inside(const fs::path& real) const {
    return std::mismatch(root_.begin(), root_.end(), real.begin(), real.end()).first == root_.end();
}

static_files::found static_files::file_at(const fs::path& path) const {
    found result;
    std::error_code failed;
    auto real = fs::canonical(path, failed);
    if (failed || !is_inside(real) || real == hidden_ || !fs::is_regular_file(real, failed)) return result;
    result.size = fs::file_size(real, failed);
    if (failed) return result;
    result.path = std::move(real);
    result.is = kind::file;
    return result;
}

static_files::found static_files::find(std::string_view path) const {
    const auto text = http::percent_decoded(path);
    const bool readable = text && text->find('\0') == std::string::npos;
    const auto below = readable ? relative_path(*text) : std::nullopt;
    if (!below) return {};
    const auto at = root_ / *below;
    const bool as_directory = text->empty() || text->back() == '/';
    std::error_code failed;
    if (!fs::is_directory(at, failed)) return as_directory ? found() : file_at(at);
    auto index = file_at(at / index_name);
    if (index.is == kind::file && !as_directory) index.is = kind::directory;
    return index;
}

std::string_view content_type_of(const fs::path& file) {
    auto suffix = file.extension().string();
    for (char& c : suffix) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    const auto* const known =
        std::find_if(std::begin(types), std::end(types), [&](const auto& one) { return one.first == suffix; });
    return known == std::end(types) ? "application/octet-stream" : known->second;
}

}  // namespace mote::node::detail
