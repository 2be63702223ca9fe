#include <apps/mote/doctor/finding.hpp>

#include <apps/mote/json_output.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace mote::command {
namespace {

constexpr std::size_t check_width = 12;

std::string in_column(std::string_view text, std::size_t width) {
    return std::string(text) + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

std::string line_of(const finding& found, const terminal& reader) {
    const std::string how = in_column(name_of(found.how), 6);
    std::string line = found.how == severity::ok ? how : reader.bold(how);
    line += in_column(found.check, check_width) + printable(found.text) + "\n";
    if (!found.mend.empty())
        line += std::string(6 + check_width, ' ') + reader.dim("mend: ") + printable(found.mend) + "\n";
    return line;
}

bool failed(const finding& found) noexcept { return found.how == severity::fail; }

}  // namespace

finding made(const char* check, severity how, std::string text, std::string mend) {
    finding found;
    found.check = check;
    found.how = how;
    found.text = std::move(text);
    found.mend = std::move(mend);
    return found;
}

std::string_view name_of(severity how) noexcept {
    if (how == severity::ok) return "ok";
    return how == severity::warn ? "warn" : "FAIL";
}

std::string report_of(const std::vector<finding>& findings, const terminal& reader) {
    if (!reader.interactive) {
        table shown({{.title = "Severity"}, {.title = "Check"}, {.title = "Finding"}, {.title = "Mend"}});
        for (const auto& each : findings) shown.add({std::string(name_of(each.how)), each.check, each.text, each.mend});
        return shown.render(reader);
    }
    std::string text;
    for (const auto& each : findings) text += line_of(each, reader);
    const auto bad = static_cast<std::size_t>(std::ranges::count_if(findings, failed));
    const auto doubtful = static_cast<std::size_t>(
        std::ranges::count_if(findings, [](const finding& each) { return each.how == severity::warn; }));
    return text + "\n" + (bad == 0 ? "Nothing failed" : counted(bad, "failure")) + ", " + counted(doubtful, "warning") +
           ".\n";
}

std::string json_of(const std::vector<finding>& findings) {
    boost::json::array all;
    for (const auto& each : findings) {
        boost::json::object one;
        one["check"] = each.check;
        one["severity"] = each.how == severity::fail ? "fail" : std::string(name_of(each.how));
        one["text"] = each.text;
        one["mend"] = each.mend;
        all.emplace_back(std::move(one));
    }
    boost::json::object document;
    document["ok"] = std::ranges::none_of(findings, failed);
    document["findings"] = std::move(all);
    return valid_json(boost::json::serialize(document)) + "\n";
}

exit_code code_of(const std::vector<finding>& findings) noexcept {
    if (std::ranges::none_of(findings, failed)) return exit_code::ok;
    if (std::ranges::count_if(findings, failed) > 1) return exit_code::error;
    return std::ranges::find_if(findings, failed)->code;
}

}  // namespace mote::command
