#include <apps/mote/data/missing.hpp>
#include <apps/mote/data/object_actions.hpp>
#include <apps/mote/json_output.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/sheet.hpp>
#include <apps/mote/table.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/detail/wire.hpp>
#include <mote/objects/error.hpp>
#include <mote/objects/store.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <unistd.h>
#include <vector>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using micro::detail::utc_text;

boost::json::object object_json(const objects::object_info& about) {
    boost::json::object object;
    object["store"] = about.store;
    object["name"] = about.name;
    if (!about.description.empty()) object["description"] = about.description;
    object["size"] = about.size;
    object["chunks"] = about.chunks;
    if (!about.digest.empty()) object["digest"] = about.digest;
    object["modified"] = utc_text(about.modified);
    boost::json::object headers, metadata;
    for (const auto& [name, values] : about.headers) headers[name] = boost::json::array(values.begin(), values.end());
    for (const auto& [name, value] : about.metadata) metadata[name] = value;
    if (!headers.empty()) object["headers"] = std::move(headers);
    if (!metadata.empty()) object["metadata"] = std::move(metadata);
    if (about.link) {
        boost::json::object link;
        link["store"] = about.link->store;
        if (!about.link->name.empty()) link["name"] = about.link->name;
        object["link"] = std::move(link);
    }
    return object;
}

std::string link_text(const std::optional<objects::object_link>& link) {
    if (!link) return {};
    return link->name.empty() ? "store " + link->store : link->store + " " + link->name;
}

boost::json::object store_json(const objects::store_status& store) {
    boost::json::object object;
    object["store"] = store.store;
    if (!store.description.empty()) object["description"] = store.description;
    object["bytes"] = store.bytes;
    object["max_bytes"] = store.max_bytes;
    object["ttl"] = store.ttl.count();
    object["replicas"] = store.replicas;
    object["storage"] = store.storage == jetstream::storage_type::file ? "file" : "memory";
    object["sealed"] = store.sealed;
    return object;
}

std::string duration_or_nothing(std::chrono::nanoseconds time) { return time.count() == 0 ? "" : readable(time); }

void print_store(const object_command& chosen, const objects::store_status& store) {
    if (chosen.json) return write_out(valid_json(boost::json::serialize(store_json(store))) + "\n");
    sheet page(look_at(STDOUT_FILENO, chosen.color));
    page.field(0, "Store", store.store);
    page.field(0, "Description", store.description);
    page.field(0, "Size", counted(store.bytes, "byte"));
    page.field(0, "TTL", duration_or_nothing(store.ttl));
    page.field(0, "Storage", store.storage == jetstream::storage_type::file ? "file" : "memory");
    page.field(0, "Replicas", std::to_string(store.replicas));
    page.field(0, "Sealed", store.sealed ? "yes" : "");
    write_out(page.text());
}

}  // namespace

void print_object(const object_command& chosen, const objects::object_info& object) {
    if (chosen.json) return write_out(valid_json(boost::json::serialize(object_json(object))) + "\n");
    sheet page(look_at(STDOUT_FILENO, chosen.color));
    page.field(0, "Name", object.name);
    page.field(0, "Store", object.store);
    page.field(0, "Description", object.description);
    page.field(0, "Size", counted(object.size, "byte"));
    page.field(0, "Chunks", std::to_string(object.chunks));
    page.field(0, "Digest", object.digest);
    page.field(0, "Modified", utc_text(object.modified));
    page.field(0, "Link to", link_text(object.link));
    if (!object.headers.empty()) page.heading(0, "Headers");
    for (const auto& [name, values] : object.headers)
        for (const auto& value : values) page.field(2, name, value);
    if (!object.metadata.empty()) page.heading(0, "Metadata");
    for (const auto& [name, value] : object.metadata) page.field(2, name, value);
    write_out(page.text());
}

asio::awaitable<exit_code> list_stores(object_command chosen, jetstream::context js) {
    auto all = co_await objects::store::statuses(js);
    std::ranges::sort(all, {}, &objects::store_status::store);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : all) texts.push_back(boost::json::serialize(store_json(each)));
        write_out(json_array(texts));
        co_return exit_code::ok;
    }
    table shown({{.title = "Store"},
                 {.title = "Bytes", .side = align::right},
                 {.title = "TTL", .side = align::right},
                 {.title = "Sealed"},
                 {.title = "Description", .flexible = true}});
    for (const auto& each : all)
        shown.add({each.store, std::to_string(each.bytes), duration_or_nothing(each.ttl), each.sealed ? "yes" : "",
                   each.description});
    write_out(shown.render(look_at(STDOUT_FILENO, chosen.color)));
    if (all.empty()) write_err("no object stores; `nats object add NAME` makes one\n");
    co_return exit_code::ok;
}

asio::awaitable<exit_code> list_objects(object_command chosen, jetstream::context js) {
    const auto store = co_await open_store(js, chosen.store);
    auto all = co_await store.list();
    std::ranges::sort(all, {}, &objects::object_info::name);
    if (chosen.json) {
        std::vector<std::string> texts;
        for (const auto& each : all) texts.push_back(boost::json::serialize(object_json(each)));
        write_out(json_array(texts));
        co_return exit_code::ok;
    }
    const auto reader = look_at(STDOUT_FILENO, chosen.color);
    table shown({{.title = "Name", .flexible = true},
                 {.title = "Bytes", .side = align::right},
                 {.title = reader.interactive ? "Age" : "Modified"},
                 {.title = "Link to"},
                 {.title = "Description", .flexible = true}});
    const auto now = std::chrono::system_clock::now();
    for (const auto& each : all) {
        const auto age = std::chrono::ceil<std::chrono::seconds>(std::max(now, each.modified) - each.modified);
        shown.add({each.name, std::to_string(each.size), reader.interactive ? readable(age) : utc_text(each.modified),
                   link_text(each.link), each.description});
    }
    write_out(shown.render(reader));
    if (all.empty()) write_err("no objects in store " + chosen.store + "\n");
    co_return exit_code::ok;
}

asio::awaitable<exit_code> show_object(object_command chosen, jetstream::context js) {
    const auto store = co_await open_store(js, chosen.store);
    if (chosen.name.empty()) {
        const auto status = co_await store.status();
        print_store(chosen, status);
        co_return exit_code::ok;
    }
    const auto found = co_await store.info(chosen.name);
    if (!found) objects::throw_error(objects::errc::object_not_found, chosen.name);
    print_object(chosen, *found);
    co_return exit_code::ok;
}

asio::awaitable<exit_code> delete_object(object_command chosen, jetstream::context js) {
    const auto store = co_await open_store(js, chosen.store);
    co_await store.del(chosen.name);
    if (!chosen.json) co_return exit_code::ok;
    boost::json::object object;
    object["store"] = chosen.store;
    object["name"] = chosen.name;
    object["deleted"] = true;
    write_out(boost::json::serialize(object) + "\n");
    co_return exit_code::ok;
}

}  // namespace mote::command
