#include <mote/kv/detail/layout.hpp>

#include <mote/kv/detail/names.hpp>
#include <mote/kv/error.hpp>

#include <utility>

namespace mote::kv::detail {
namespace {

constexpr std::string_view default_api = "$JS.API.";

std::string joined(const std::string& prefix, std::string_view key) {
    std::string subject;
    subject.reserve(prefix.size() + key.size());
    subject += prefix;
    subject += key;
    return subject;
}

std::string subject(const layout& where, const std::string& prefix, std::string_view key) {
    if (where.codec == nullptr) {
        check_key(key);
        return joined(prefix, key);
    }
    const auto stored = where.codec->encode(key);
    check_key(stored);
    return joined(prefix, stored);
}

bool has_wildcards(std::string_view filter) {
    for (;;) {
        const auto dot = filter.find('.');
        const auto token = filter.substr(0, dot);
        if (token == "*" || (token == ">" && dot == std::string_view::npos)) return true;
        if (dot == std::string_view::npos) return false;
        filter.remove_prefix(dot + 1);
    }
}

std::string stored_filter(const key_codec& codec, std::string_view filter) {
    if (filter == ">") return ">";  // all keys, however they are stored
    if (auto stored = codec.encode_filter(filter)) return *std::move(stored);
    if (has_wildcards(filter))
        throw_error(errc::bad_key, "'" + std::string(filter) + "': the codec of the keys knows no wildcards");
    return codec.encode(filter);
}

}  // namespace

layout_ptr layout_of(const jetstream::context& js, const jetstream::stream_config& stream, std::string bucket) {
    const auto origin = stream.mirror ? bucket_of(stream.mirror->name) : std::string_view(bucket);
    auto made = std::make_shared<layout>();
    made->stream = stream_of(bucket);
    made->read_prefix = subject_of(origin, "");
    // Where there are several domains, each answers under its own prefix, and so does what publishes to its streams.
    auto api = js.api_prefix();
    if (stream.mirror && !stream.mirror->api_prefix.empty()) api = stream.mirror->api_prefix;
    if (!api.empty() && !api.ends_with('.')) api += '.';
    made->write_prefix = api == default_api ? made->read_prefix : api + made->read_prefix;
    made->bucket = std::move(bucket);
    return made;
}

std::string read_subject(const layout& where, std::string_view key) { return subject(where, where.read_prefix, key); }

std::string write_subject(const layout& where, std::string_view key) { return subject(where, where.write_prefix, key); }

std::vector<std::string> filter_subjects(const layout& where, const std::vector<std::string>& filters) {
    if (filters.empty()) throw_error(errc::bad_key, "no filter");
    std::vector<std::string> subjects;
    subjects.reserve(filters.size());
    for (const auto& each : filters) {
        const auto stored = where.codec == nullptr ? each : stored_filter(*where.codec, each);
        check_filter(stored);
        subjects.push_back(joined(where.read_prefix, stored));
    }
    return subjects;
}

std::optional<std::string> key_of(const layout& where, std::string_view subject) {
    if (subject.size() <= where.read_prefix.size() || !subject.starts_with(where.read_prefix))
        throw_error(errc::bad_entry, subject);
    const auto stored = subject.substr(where.read_prefix.size());
    if (where.codec == nullptr) return std::string(stored);
    return where.codec->decode(stored);
}

}  // namespace mote::kv::detail
