s_load_b32 s4, s[8:9], 0x10
s_load_b32 s8, s[12:13], s7 offset:-0x8 glc dlc
s_load_b32 s12, s[4:5], vcc_lo
s_load_b64 s[4:5], s[8:9], 0x10
s_load_b64 s[8:9], s[12:13], s7 offset:-0x8 glc dlc
s_load_b64 s[12:13], s[4:5], vcc_lo
s_load_b128 s[4:7], s[8:9], 0x10
s_load_b128 s[8:11], s[12:13], s7 offset:-0x8 glc dlc
s_load_b128 s[12:15], s[4:5], vcc_lo
s_load_b256 s[4:11], s[8:9], 0x10
s_load_b256 s[8:15], s[12:13], s7 offset:-0x8 glc dlc
s_load_b256 s[12:19], s[4:5], vcc_lo
s_load_b512 s[4:19], s[8:9], 0x10
s_load_b512 s[8:23], s[12:13], s7 offset:-0x8 glc dlc
s_load_b512 s[12:27], s[4:5], vcc_lo
s_buffer_load_b32 s4, s[8:11], 0x10
s_buffer_load_b32 s12, s[4:7], vcc_lo
s_buffer_load_b64 s[4:5], s[8:11], 0x10
s_buffer_load_b64 s[12:13], s[4:7], vcc_lo
s_buffer_load_b128 s[4:7], s[8:11], 0x10
s_buffer_load_b128 s[12:15], s[4:7], vcc_lo
s_buffer_load_b256 s[4:11], s[8:11], 0x10
s_buffer_load_b256 s[12:19], s[4:7], vcc_lo
s_buffer_load_b512 s[4:19], s[8:11], 0x10
s_buffer_load_b512 s[12:27], s[4:7], vcc_lo
s_gl1_inv
s_dcache_inv
s_atc_probe 4, s[8:9], 0x10
s_atc_probe 8, s[12:13], s7 offset:-0x8
s_atc_probe 12, s[4:5], vcc_lo
s_atc_probe_buffer 4, s[8:11], 0x10
s_atc_probe_buffer 12, s[4:7], vcc_lo
