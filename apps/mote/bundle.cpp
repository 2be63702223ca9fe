#include <apps/mote/bundle_push.hpp>
#include <apps/mote/function_commands.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/table.hpp>

#include <mote/json/encode.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

/// As JSON has a time, without its quotes.
std::string time_text(std::chrono::system_clock::time_point time) {
    const std::chrono::system_clock::time_point whole = std::chrono::floor<std::chrono::seconds>(time);
    const std::string quoted = json::encode(whole);
    return quoted.substr(1, quoted.size() - 2);
}

std::string table_of(const std::vector<functions::stored_bundle>& bundles, const terminal& reader) {
    table shown({{.title = "Name"},
                 {.title = "Size", .side = align::right},
                 {.title = "Pushed"},
                 {.title = "Digest", .flexible = true}});
    for (const auto& each : bundles)
        shown.add({each.name.text(), std::to_string(each.size), time_text(each.modified), each.digest.text()});
    return shown.render(reader);
}

std::string json_text_of(const std::vector<functions::stored_bundle>& bundles) {
    std::vector<std::string> texts;
    for (const auto& each : bundles) {
        boost::json::object one;
        one["name"] = each.name.text();
        one["size"] = each.size;
        one["pushed"] = time_text(each.modified);
        one["digest"] = each.digest.text();
        texts.push_back(boost::json::serialize(one));
    }
    return json_array(texts);
}

asio::awaitable<exit_code> list_bundles(bundle_command chosen, server_access access) {
    const auto bundles = co_await pushed_bundles(access);
    write_out(chosen.json ? json_text_of(bundles) : table_of(bundles, look_at(STDOUT_FILENO, chosen.color)));
    if (bundles.empty() && !chosen.json) write_err("No bundles. Push one: mote bundle push NAME DIRECTORY\n");
    co_return exit_code::ok;
}

asio::awaitable<exit_code> push(bundle_command chosen, server_access access) {
    const auto pushed = co_await push_bundle(access, chosen.name, chosen.directory);
    write_out(pushed.digest.text() + "\n");
    write_err("Pushed " + pushed.name.text() + ", " + std::to_string(pushed.size) +
              " bytes. Run it: mote deploy NAME --image " + pushed.name.text() + "\n");
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const bundle_command& chosen) {
    return run_with_access(chosen, chosen.action == bundle_action::list ? list_bundles : push);
}

}  // namespace mote::command
