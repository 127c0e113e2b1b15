"""How much the probe accepts, keeps and sends: nobody can flood it."""

KIB = 1024

# The order
MAX_ORDER = 4096 * KIB
MAX_TARGETS = 1000
MAX_ROWS = 100  # of the document, for one target
MAX_ACCEPTED = 100  # rows that take the names of one discovery call
MAX_PATTERNS = 20  # of one row
MAX_DISCOVERIES = 100
MAX_BYPASSES = 100
MAX_GATEWAY_NAMES = 20
MAX_MAPPINGS = 10000
MAX_SECONDS = 86400

# The evidence
MAX_EVIDENCE = 7 * 1024 * KIB
MAX_TEXT = 4096
MAX_DETAIL = 500

# The network
MAX_AT_ONCE = 60  # endpoints
MAX_BESIDE = 60  # further connections to them
MAX_ADDRESSES = 16
MAX_HEAD = 256 * KIB  # of an answer, its headers included
MAX_SERVER_HELLO = 2 * KIB  # that is read of it; what matters stands at its beginning
MAX_PROXY_HEAD = 64 * KIB
MAX_FRAMES = 5000  # of HTTP/2, in one answer
MAX_BODY = 1024 * KIB
MAX_HEADERS = 20
MAX_HEADER_VALUE = 256
MAX_CHAIN = 10
MAX_CERTIFICATE = 65536  # characters of base64
MAX_HANDSHAKE = 256 * KIB
MAX_DISCOVERED = 200
MAX_TRIALS = 3
MAX_SCHEMES = 10  # of authentication, that a proxy offers
MAX_NAME_SERVERS = 10

# The host
MAX_SETTINGS = 50
MAX_HIDDEN = 50
MAX_CHECKED = 200
MAX_JSON_TRIES = 50
MAX_SUITES = 200
MAX_ROOTS = 2000
FINGERPRINT = 16  # digits of a SHA-256; nobody makes a certificate with 64 given bits by chance
MAX_FILE = 4096 * KIB
MAX_FILES = 4000
MAX_RULES = 1000000  # characters of the host's own firewall rules
MAX_OUTPUT = 8 * MAX_RULES  # of a command, in bytes
MAX_SOCKETS = 500
