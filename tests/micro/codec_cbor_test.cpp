// A codec of another format, as a user writes it: CBOR through live endpoints.

#include <tests/micro/cbor_codec.hpp>
#include <tests/micro/world.hpp>

#include <mote/micro/discovery.hpp>
#include <mote/micro/openapi.hpp>
#include <mote/micro/typed_client.hpp>

#include <boost/describe/class.hpp>

namespace mote::test {

struct cbor_line {
    std::string item;
    std::int64_t count = 0;
    friend bool operator==(const cbor_line&, const cbor_line&) = default;
};
BOOST_DESCRIBE_STRUCT(cbor_line, (), (item, count))

struct cbor_order {
    std::uint64_t id = 0;
    std::vector<cbor_line> lines;
    std::optional<std::string> note;
    double discount = 0;
    bool paid = false;
    friend bool operator==(const cbor_order&, const cbor_order&) = default;
};
BOOST_DESCRIBE_STRUCT(cbor_order, (), (id, lines, note, discount, paid))

/// The least that a codec can be: one number in eight bytes, the highest first.
struct eight_bytes {
    std::uint64_t value = 0;
};

}  // namespace mote::test

template <>
struct mote::micro::codec<mote::test::cbor_order> : mote::test::cbor_codec<mote::test::cbor_order> {};
template <>
struct mote::micro::codec<mote::test::cbor_line> : mote::test::cbor_codec<mote::test::cbor_line> {};

template <>
struct mote::micro::codec<mote::test::eight_bytes> {
    static constexpr std::string_view content_type = "application/x-eight-bytes";
    static void encode(const test::eight_bytes& value, std::string& out) {
        for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value.value >> shift);
    }
    static test::eight_bytes decode(std::string_view bytes) {
        if (bytes.size() != 8) throw std::invalid_argument("expected 8 bytes, got " + std::to_string(bytes.size()));
        test::eight_bytes read;
        for (const char each : bytes) read.value = read.value << 8U | static_cast<unsigned char>(each);
        return read;
    }
};

namespace mote::test {
namespace {

using codec_cbor_test = micro_test;
using order_codec = micro::codec<cbor_order>;
using line_codec = micro::codec<cbor_line>;

template <class T>
std::string bytes_of(const T& value) {
    std::string out;
    micro::codec<T>::encode(value, out);
    return out;
}

cbor_order an_order() {
    cbor_order order;
    order.id = std::numeric_limits<std::uint64_t>::max();
    order.lines = {{"caf\xc3\xa9", -3}, {"", std::numeric_limits<std::int64_t>::min()}, {"x", 7}};
    order.note = "soon";
    order.discount = 0.1;
    order.paid = true;
    return order;
}

TEST(cbor_codec, writes_what_the_standard_says) {
    const cbor_line line{"a", -500};
    EXPECT_EQ(bytes_of(line), std::string("\xbf"
                                          "\x64item\x61"
                                          "a\x65"
                                          "count\x39\x01\xf3\xff",
                                          18));
}

TEST(cbor_codec, reads_what_it_wrote) {
    EXPECT_EQ(order_codec::decode(bytes_of(an_order())), an_order());
    EXPECT_EQ(order_codec::decode(bytes_of(cbor_order())), cbor_order());
}

TEST(cbor_codec, reads_other_forms_of_the_same) {
    // A map of known length, in another order, with a member more; a text in two pieces; an integer in one byte.
    const cbor_line read = line_codec::decode(
        "\xa3\x65"
        "count\x07\x64more\x80\x64item\x7f\x61"
        "a\x61"
        "b\xff");
    EXPECT_EQ(read, (cbor_line{"ab", 7}));
}

std::string refused(std::string_view bytes) {
    try {
        (void)order_codec::decode(bytes);
    } catch (const std::invalid_argument& wrong) {
        return wrong.what();
    }
    return "accepted";
}

TEST(cbor_codec, says_what_is_wrong_and_where) {
    auto order = bytes_of(an_order());
    EXPECT_EQ(refused(order + '\xf6'), "more than one value");
    EXPECT_TRUE(refused("").starts_with("not CBOR"));
    for (std::size_t size = 0; size < order.size(); ++size)
        EXPECT_TRUE(refused(std::string_view(order).substr(0, size)).starts_with("not CBOR at byte ")) << size;
    EXPECT_EQ(refused("\x01"), "expected a map");
    EXPECT_EQ(refused("\xa0"), "id: missing");
    EXPECT_EQ(refused("\xa1\x62id\x20"), "id: an integer out of range");
    EXPECT_EQ(refused("\xa1\x62id\x61x"), "id: expected an integer");
    EXPECT_EQ(refused("\xa2\x62id\x01\x65lines\x01"), "lines: expected an array");
    EXPECT_EQ(refused("\xa2\x62id\x01\x65lines\x81\xa1\x64item\xf5"), "lines[0].item: expected a text");
    EXPECT_TRUE(refused("\xa1\x64note\x62\xc3\x28").starts_with("not CBOR at byte ")) << "not UTF-8";
    EXPECT_TRUE(refused("\xa1\x64note\x7f\x62\xc3\x28\xff").starts_with("not CBOR at byte ")) << "not UTF-8";
    EXPECT_EQ(refused("\xa1\x01\x02"), "{key}: expected a text");
}

TEST(cbor_codec, takes_any_depth_from_anybody) {
    for (const char each : {'\x81', '\x9f', '\x7f', '\x5f', '\xbf', '\xc1', '\xff', '\xa1'})
        EXPECT_TRUE(refused(std::string(1'000'000, each)).starts_with("not CBOR")) << static_cast<int>(each);
}

TEST_F(codec_cbor_test, travels_both_ways_through_a_typed_endpoint) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Orders"));
        service.endpoint("pay", [](cbor_order order) {
            order.paid = true;
            order.lines.push_back({"bag", 1});
            return order;
        });
        co_await service.start(here.connection);
        micro::client client(here.caller);
        auto order = an_order();
        order.paid = false;
        const auto paid = co_await client.call<cbor_order>("Orders", "pay", order);
        order.paid = true;
        order.lines.push_back({"bag", 1});
        EXPECT_EQ(paid, order);
        const auto raw = co_await ask(here.caller, "pay", bytes_of(an_order()));
        EXPECT_EQ(raw.status, 0);
        EXPECT_EQ(order_codec::decode(raw.body).lines.size(), 4U);
        EXPECT_TRUE(here.failures->empty());
    });
}

TEST_F(codec_cbor_test, makes_wrong_bytes_a_400_that_says_why) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Orders"));
        service.endpoint("pay", [](const cbor_order& order) { return order; });
        co_await service.start(here.connection);
        const auto missing = co_await ask(here.caller, "pay", "\xa0");
        EXPECT_EQ(missing, (answer{400, "id: missing", ""}));
        const auto json = co_await ask(here.caller, "pay", R"({"id":1})");
        EXPECT_EQ(json.status, 400) << json;
        const auto deep = co_await ask(here.caller, "pay", std::string(500'000, '\x81'));
        EXPECT_EQ(deep.status, 400) << deep;
        EXPECT_EQ(service.stats().endpoints.at(0).errors, 3U);
        EXPECT_TRUE(here.failures->empty());
    });
}

TEST_F(codec_cbor_test, is_an_error_of_the_caller_when_a_reply_is_no_cbor) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Orders"));
        service.endpoint("pay", [](micro::request& req) { req.respond("nonsense"); });
        co_await service.start(here.connection);
        micro::client client(here.caller);
        const auto order = an_order();
        boost::system::error_code failed;
        try {
            (void)co_await client.call<cbor_order>("Orders", "pay", order);
        } catch (const boost::system::system_error& error) {
            failed = error.code();
        }
        EXPECT_EQ(failed, micro::errc::undecodable_reply);
    });
}

TEST_F(codec_cbor_test, is_told_in_metadata_and_so_in_openapi) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Orders"));
        service.endpoint("pay", [](const cbor_order& order) { return order.lines.at(0); });
        service.endpoint("next", [](eight_bytes number) { return eight_bytes{number.value + 1}; });
        co_await service.start(here.connection);
        micro::discovery others(here.caller);
        const auto found = co_await others.info();
        const auto& pay = found.at(0).endpoints.at(0).metadata;
        EXPECT_EQ(pay.at("mote.request.type"), "application/cbor");
        EXPECT_EQ(pay.at("mote.response.type"), "application/cbor");
        EXPECT_EQ(pay.at("mote.request.schema"), json::schema<cbor_order>());
        const auto& next = found.at(0).endpoints.at(1).metadata;
        EXPECT_EQ(next.at("mote.request.type"), "application/x-eight-bytes");
        EXPECT_FALSE(next.contains("mote.request.schema")) << "it has none";
        const auto document = micro::openapi(found);
        EXPECT_EQ(document.warnings, std::vector<std::string>());
        EXPECT_NE(document.text.find(R"("application/cbor":{"schema":{)"), std::string::npos) << document.text;
        EXPECT_NE(document.text.find(R"("application/x-eight-bytes":{})"), std::string::npos) << document.text;
    });
}

TEST_F(codec_cbor_test, of_a_few_lines_is_enough) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Numbers"));
        service.endpoint("next", [](eight_bytes number) { return eight_bytes{number.value + 1}; });
        co_await service.start(here.connection);
        micro::client client(here.caller);
        const eight_bytes number{255};
        const auto next = co_await client.call<eight_bytes>("Numbers", "next", number);
        EXPECT_EQ(next.value, 256U);
        const auto wrong = co_await ask(here.caller, "next", "123");
        EXPECT_EQ(wrong, (answer{400, "expected 8 bytes, got 3", ""}));
    });
}

}  // namespace
}  // namespace mote::test
