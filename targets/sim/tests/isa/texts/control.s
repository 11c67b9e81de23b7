s_nop 0
s_nop 3
s_nop 0x51
s_setkill 0
s_setkill 3
s_setkill 0x51
s_sethalt 0
s_sethalt 3
s_sethalt 0x51
s_sleep 0
s_sleep 3
s_sleep 0x51
s_set_inst_prefetch_distance 0x0
s_set_inst_prefetch_distance 0x3
s_set_inst_prefetch_distance 0x51
s_clause 0x0
s_clause 0x3
s_clause 0x51
s_delay_alu 0
s_delay_alu instid0(VALU_DEP_3)
s_delay_alu instid0(VALU_DEP_1) | instskip(SKIP_4)
s_waitcnt_depctr depctr_hold_cnt(0) depctr_sa_sdst(0) depctr_va_vdst(0) depctr_va_sdst(0) depctr_va_ssrc(0) depctr_va_vcc(0) depctr_vm_vsrc(0)
s_waitcnt_depctr depctr_hold_cnt(0) depctr_va_vdst(0) depctr_va_sdst(0) depctr_va_ssrc(0) depctr_vm_vsrc(0)
s_waitcnt_depctr 0x51
s_waitcnt vmcnt(0) expcnt(0) lgkmcnt(0)
s_waitcnt vmcnt(0) expcnt(3) lgkmcnt(0)
s_waitcnt vmcnt(0) expcnt(1) lgkmcnt(5)
s_wait_event 0x0
s_wait_event 0x3
s_wait_event 0x51
s_trap 0
s_trap 3
s_trap 0x51
s_round_mode 0x0
s_round_mode 0x3
s_round_mode 0x51
s_denorm_mode 0
s_denorm_mode 3
s_denorm_mode 0x51
s_branch 0
s_branch 3
s_branch 81
s_cbranch_scc0 0
s_cbranch_scc0 3
s_cbranch_scc0 81
s_cbranch_scc1 0
s_cbranch_scc1 3
s_cbranch_scc1 81
s_cbranch_vccz 0
s_cbranch_vccz 3
s_cbranch_vccz 81
s_cbranch_vccnz 0
s_cbranch_vccnz 3
s_cbranch_vccnz 81
s_cbranch_execz 0
s_cbranch_execz 3
s_cbranch_execz 81
s_cbranch_execnz 0
s_cbranch_execnz 3
s_cbranch_execnz 81
s_cbranch_cdbgsys 0
s_cbranch_cdbgsys 3
s_cbranch_cdbgsys 81
s_cbranch_cdbguser 0
s_cbranch_cdbguser 3
s_cbranch_cdbguser 81
s_cbranch_cdbgsys_or_user 0
s_cbranch_cdbgsys_or_user 3
s_cbranch_cdbgsys_or_user 81
s_cbranch_cdbgsys_and_user 0
s_cbranch_cdbgsys_and_user 3
s_cbranch_cdbgsys_and_user 81
s_endpgm
s_endpgm 3
s_endpgm 81
s_setprio 0
s_setprio 3
s_setprio 0x51
s_sendmsg sendmsg(0, 0, 0)
s_sendmsg sendmsg(MSG_DEALLOC_VGPRS)
s_sendmsg sendmsg(81, 0, 0)
s_sendmsghalt sendmsg(0, 0, 0)
s_sendmsghalt sendmsg(MSG_DEALLOC_VGPRS)
s_sendmsghalt sendmsg(81, 0, 0)
s_incperflevel 0
s_incperflevel 3
s_incperflevel 0x51
s_decperflevel 0
s_decperflevel 3
s_decperflevel 0x51
s_ttracedata_imm 0x0
s_ttracedata_imm 0x3
s_ttracedata_imm 0x51
s_wait_idle
s_code_end
s_endpgm_saved
s_endpgm_ordered_ps_done
s_wakeup
s_ttracedata
s_icache_inv
s_barrier
s_waitcnt vmcnt(0)
s_waitcnt lgkmcnt(0)
s_waitcnt vmcnt(63) expcnt(7) lgkmcnt(63)
s_waitcnt vmcnt(4) expcnt(4) lgkmcnt(35)
s_waitcnt vmcnt(3) lgkmcnt(1)
s_delay_alu instid0(VALU_DEP_1) | instskip(NEXT) | instid1(VALU_DEP_1)
s_delay_alu instid0(VALU_DEP_1) | instskip(SKIP_2) | instid1(VALU_DEP_1)
s_delay_alu instid0(TRANS32_DEP_1) | instid1(SALU_CYCLE_2)
s_delay_alu instid0(TRANS32_DEP_1) | instid1(VALU_DEP_1)
s_delay_alu instid0(SALU_CYCLE_1) | instskip(SKIP_2) | instid1(TRANS32_DEP_1)
s_delay_alu instid0(VALU_DEP_2) | instskip(SKIP_4) | instid1(VALU_DEP_3)
s_waitcnt_depctr depctr_hold_cnt(1) depctr_sa_sdst(1) depctr_va_vdst(15) depctr_va_sdst(7) depctr_va_ssrc(1) depctr_va_vcc(1) depctr_vm_vsrc(7)
s_waitcnt_depctr 0xfff
s_waitcnt_depctr depctr_sa_sdst(0) depctr_va_sdst(4)
s_waitcnt_depctr depctr_va_vdst(1) depctr_va_vcc(0) depctr_vm_vsrc(0)
s_sendmsg sendmsg(MSG_INTERRUPT)
s_sendmsg sendmsg(MSG_HS_TESSFACTOR)
s_sendmsg sendmsg(MSG_STALL_WAVE_GEN)
s_sendmsg sendmsg(MSG_HALT_WAVES)
s_sendmsg sendmsg(MSG_GS_ALLOC_REQ)
s_sendmsg sendmsg(MSG_RTN_GET_DOORBELL)
s_sendmsg sendmsg(MSG_RTN_GET_REALTIME)
s_sendmsg sendmsg(MSG_RTN_GET_TBA_TO_PC)
