#include <apps/mote/commands.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/sheet.hpp>

#include <mote/micro/detail/wire.hpp>

#include <algorithm>
#include <unistd.h>

namespace mote::command {
namespace {

namespace asio = boost::asio;

bool same_but_id(const micro::service_info& a, const micro::service_info& b) {
    const auto same_endpoint = [](const micro::endpoint_info& left, const micro::endpoint_info& right) {
        return left.name == right.name && left.subject == right.subject && left.queue_group == right.queue_group &&
               left.metadata == right.metadata;
    };
    return a.name == b.name && a.version == b.version && a.description == b.description && a.metadata == b.metadata &&
           std::ranges::equal(a.endpoints, b.endpoints, same_endpoint);
}

void describe(sheet& page, const micro::service_info& service, const std::vector<std::string>& ids) {
    page.field(0, "Service", service.name);
    page.field(0, "Version", service.version);
    page.field(0, "Description", service.description);
    for (const std::string& id : ids) page.field(0, &id == &ids.front() ? (ids.size() == 1 ? "ID" : "IDs") : " ", id);
    if (!service.metadata.empty()) page.heading(0, "Metadata");
    for (const auto& [key, value] : service.metadata) page.field(2, key, value);
    page.heading(0, service.endpoints.empty() ? "No endpoints" : "Endpoints");
    for (const auto& endpoint : service.endpoints) {
        page.heading(2, endpoint.name);
        page.field(4, "subject", endpoint.subject);
        page.field(4, "queue group", endpoint.queue_group);
        for (const auto& [key, value] : endpoint.metadata) page.field(4, key, value);
    }
}

/// Instances that differ only in their id are one sheet.
std::string sheets_of(std::vector<micro::service_info> services, const terminal& reader) {
    sheet page(reader);
    while (!services.empty()) {
        const micro::service_info first = services.front();
        const auto others = std::stable_partition(services.begin(), services.end(),
                                                  [&](const auto& each) { return same_but_id(first, each); });
        std::vector<std::string> ids;
        for (auto each = services.begin(); each != others; ++each) ids.push_back(each->id);
        services.erase(services.begin(), others);
        if (!page.text().empty()) page.blank_line();
        describe(page, first, ids);
    }
    return page.text();
}

asio::awaitable<exit_code> info(info_command chosen, server_access access) {
    auto services = co_await ask_services(access, chosen.whom, &micro::discovery::info);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : services) texts.push_back(micro::detail::info_json(each));
        write_out(json_array(texts));
    } else {
        write_out(sheets_of(std::move(services), look_at(STDOUT_FILENO, chosen.color)));
    }
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const info_command& chosen) { return run_with_access(chosen, info); }

}  // namespace mote::command
