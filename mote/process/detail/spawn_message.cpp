#include <mote/process/detail/spawn_message.hpp>

#include <cstring>
#include <type_traits>

namespace mote::process::detail {
namespace {

enum class kind : std::uint8_t { large = 1, start, signal, started, failed, ended };

class writer {
public:
    explicit writer(kind what) { number(what); }

    template <class Number>
    void number(Number value) {
        static_assert(std::is_trivially_copyable_v<Number>);
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        bytes_.append(bytes, sizeof value);
    }
    void text(std::string_view value) {
        number(static_cast<std::uint32_t>(value.size()));
        bytes_ += value;
    }
    void limit(const std::optional<std::uint64_t>& value) {
        number(static_cast<std::uint8_t>(value ? 1 : 0));
        number(value.value_or(0));
    }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

class reader {
public:
    explicit reader(std::string_view bytes) : bytes_(bytes) {}

    template <class Number>
    Number number() {
        Number value{};
        if (bytes_.size() < sizeof value) return fail(value);
        std::memcpy(&value, bytes_.data(), sizeof value);
        bytes_.remove_prefix(sizeof value);
        return value;
    }
    std::string text() {
        const auto size = number<std::uint32_t>();
        if (bytes_.size() < size) return fail(std::string());
        std::string value(bytes_.substr(0, size));
        bytes_.remove_prefix(size);
        return value;
    }
    std::optional<std::uint64_t> limit() {
        const auto there = number<std::uint8_t>();
        const auto value = number<std::uint64_t>();
        if (there > 1) good_ = false;
        return there == 1 ? std::optional(value) : std::nullopt;
    }
    stream what_stream() {
        const auto value = number<std::uint8_t>();
        if (value > static_cast<std::uint8_t>(stream::merge)) return fail(stream::null);
        return static_cast<stream>(value);
    }
    /// A count of things that take at least `least` bytes each.
    std::size_t count(std::size_t least) {
        const auto value = number<std::uint32_t>();
        return value <= bytes_.size() / least ? value : fail(std::size_t{0});
    }
    bool good() const noexcept { return good_; }
    bool done() const noexcept { return good_ && bytes_.empty(); }

private:
    template <class Value>
    Value fail(Value value) {
        good_ = false;
        bytes_ = {};
        return value;
    }

    std::string_view bytes_;
    bool good_ = true;
};

start_message read_start(reader& from) {
    start_message message;
    message.id = from.number<std::uint64_t>();
    command& what = message.what;
    what.program = from.text();
    what.directory = from.text();
    what.input = from.what_stream();
    what.output = from.what_stream();
    what.error = from.what_stream();
    for (auto* limit : {&what.limits.open_files, &what.limits.processes, &what.limits.memory, &what.limits.cpu_seconds,
                        &what.limits.file_size}) {
        *limit = from.limit();
    }
    constexpr std::size_t length = sizeof(std::uint32_t);
    for (auto left = from.count(length); left > 0 && from.good(); --left) what.arguments.push_back(from.text());
    for (auto left = from.count(2 * length); left > 0 && from.good(); --left) {
        std::string name = from.text();
        what.environment.emplace_back(std::move(name), from.text());
    }
    return message;
}

}  // namespace

std::string encode(const start_message& message) {
    const command& what = message.what;
    writer to(kind::start);
    to.number(message.id);
    to.text(what.program);
    to.text(what.directory);
    for (const stream one : {what.input, what.output, what.error}) to.number(static_cast<std::uint8_t>(one));
    for (const auto* limit : {&what.limits.open_files, &what.limits.processes, &what.limits.memory,
                              &what.limits.cpu_seconds, &what.limits.file_size}) {
        to.limit(*limit);
    }
    to.number(static_cast<std::uint32_t>(what.arguments.size()));
    for (const std::string& argument : what.arguments) to.text(argument);
    to.number(static_cast<std::uint32_t>(what.environment.size()));
    for (const auto& [name, value] : what.environment) {
        to.text(name);
        to.text(value);
    }
    return to.take();
}

std::string encode(const signal_message& message) {
    writer to(kind::signal);
    to.number(message.id);
    to.number(static_cast<std::int32_t>(message.number));
    return to.take();
}

std::string encode(const started_message& message) {
    writer to(kind::started);
    to.number(message.id);
    to.number(message.pid);
    return to.take();
}

std::string encode(const failed_message& message) {
    writer to(kind::failed);
    to.number(message.id);
    to.number(static_cast<std::int32_t>(message.code));
    to.text(message.text);
    return to.take();
}

std::string encode(const ended_message& message) {
    writer to(kind::ended);
    to.number(message.id);
    to.number(message.code);
    to.number(message.signal);
    return to.take();
}

std::string encode_large() { return writer(kind::large).take(); }

bool is_large(std::string_view packet) noexcept {
    return packet.size() == 1 && packet[0] == static_cast<char>(kind::large);
}

std::optional<to_server> decode_to_server(std::string_view bytes) {
    reader from(bytes);
    std::optional<to_server> result;
    const auto what = from.number<kind>();
    if (what == kind::start) {
        result = read_start(from);
    } else if (what == kind::signal) {
        const auto id = from.number<std::uint64_t>();
        result = signal_message{.id = id, .number = from.number<std::int32_t>()};
    }
    return from.done() ? result : std::nullopt;
}

std::optional<to_client> decode_to_client(std::string_view bytes) {
    reader from(bytes);
    std::optional<to_client> result;
    const auto what = from.number<kind>();
    const auto id = from.number<std::uint64_t>();
    if (what == kind::started) {
        result = started_message{.id = id, .pid = from.number<std::int32_t>()};
    } else if (what == kind::failed) {
        const auto code = from.number<std::int32_t>();
        result = failed_message{.id = id, .code = code, .text = from.text()};
    } else if (what == kind::ended) {
        const auto code = from.number<std::int32_t>();
        result = ended_message{.id = id, .code = code, .signal = from.number<std::int32_t>()};
    }
    return from.done() ? result : std::nullopt;
}

}  // namespace mote::process::detail
