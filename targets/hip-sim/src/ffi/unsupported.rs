//! The rest of HIP: every function that returns an error code and is not implemented elsewhere fails with
//! `hipErrorNotSupported` and says its name, so that a program which looks all functions up finds them.

use super::call;
use crate::error::Error;
use crate::report;

macro_rules! unsupported {
    ($($name:ident)*) => {$(
        #[allow(unsafe_code, reason = "C finds the function by its name, which no other one has")]
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> i32 {
            call(|| {
                report::missing(stringify!($name));
                Err(Error::NotSupported)
            })
        }
    )*};
}

unsupported! {
    __hipPopCallConfiguration __hipPushCallConfiguration hipArray3DCreate hipArray3DGetDescriptor
    hipArrayCreate hipArrayDestroy hipArrayGetDescriptor hipArrayGetInfo hipBindTexture
    hipBindTexture2D hipBindTextureToArray hipBindTextureToMipmappedArray hipChooseDeviceR0600
    hipConfigureCall hipCreateSurfaceObject hipCreateTextureObject hipCtxDisablePeerAccess
    hipCtxEnablePeerAccess hipCtxGetApiVersion hipCtxGetCacheConfig hipCtxGetSharedMemConfig
    hipCtxSetCacheConfig hipCtxSetSharedMemConfig hipDestroyExternalMemory
    hipDestroyExternalSemaphore hipDestroySurfaceObject hipDestroyTextureObject
    hipDevResourceGenerateDesc hipDevSmResourceSplit hipDevSmResourceSplitByCount
    hipDeviceDisablePeerAccess hipDeviceEnablePeerAccess hipDeviceGetByPCIBusId
    hipDeviceGetCacheConfig hipDeviceGetDefaultMemPool hipDeviceGetDevResource
    hipDeviceGetExecutionCtx hipDeviceGetGraphMemAttribute hipDeviceGetLimit hipDeviceGetMemPool
    hipDeviceGetP2PAttribute hipDeviceGetPCIBusId hipDeviceGetSharedMemConfig
    hipDeviceGetTexture1DLinearMaxWidth hipDeviceGetUuid hipDeviceGraphMemTrim
    hipDevicePrimaryCtxReset hipDevicePrimaryCtxSetFlags hipDeviceSetCacheConfig
    hipDeviceSetGraphMemAttribute hipDeviceSetLimit hipDeviceSetMemPool
    hipDeviceSetSharedMemConfig hipDrvGraphAddMemFreeNode hipDrvGraphAddMemcpyNode
    hipDrvGraphAddMemsetNode hipDrvGraphExecMemcpyNodeSetParams hipDrvGraphExecMemsetNodeSetParams
    hipDrvGraphMemcpyNodeGetParams hipDrvGraphMemcpyNodeSetParams hipDrvLaunchKernelEx
    hipDrvMemDiscardAndPrefetchBatchAsync hipDrvMemDiscardBatchAsync hipDrvMemcpy2DUnaligned
    hipDrvMemcpy3D hipDrvMemcpy3DAsync hipDrvPointerGetAttributes hipEventRecord_spt
    hipExecutionCtxDestroy hipExecutionCtxGetDevResource hipExecutionCtxGetDevice
    hipExecutionCtxGetId hipExecutionCtxRecordEvent hipExecutionCtxStreamCreate
    hipExecutionCtxSynchronize hipExecutionCtxWaitEvent hipExtDisableLogging hipExtEnableLogging
    hipExtGetLinkTypeAndHopCount hipExtLaunchKernel hipExtLaunchMultiKernelMultiDevice
    hipExtModuleLaunchKernel hipExtSetLoggingParams hipExtStreamCreateWithCUMask
    hipExtStreamGetCUMask hipExternalMemoryGetMappedBuffer
    hipExternalMemoryGetMappedMipmappedArray hipFreeArray hipFreeMipmappedArray
    hipFuncGetAttributes hipFuncSetCacheConfig hipFuncSetSharedMemConfig hipGetChannelDesc
    hipGetDriverEntryPoint hipGetDriverEntryPoint_spt hipGetFuncBySymbol hipGetMipmappedArrayLevel
    hipGetProcAddress hipGetProcAddress_spt hipGetSymbolAddress hipGetSymbolSize
    hipGetTextureAlignmentOffset hipGetTextureObjectResourceDesc
    hipGetTextureObjectResourceViewDesc hipGetTextureObjectTextureDesc hipGetTextureReference
    hipGraphAddBatchMemOpNode hipGraphAddChildGraphNode hipGraphAddDependencies
    hipGraphAddEventRecordNode hipGraphAddEventWaitNode hipGraphAddExternalSemaphoresSignalNode
    hipGraphAddExternalSemaphoresWaitNode hipGraphAddHostNode hipGraphAddMemAllocNode
    hipGraphAddMemFreeNode hipGraphAddMemcpyNode hipGraphAddMemcpyNodeFromSymbol
    hipGraphAddMemcpyNodeToSymbol hipGraphAddNode hipGraphBatchMemOpNodeGetParams
    hipGraphBatchMemOpNodeSetParams hipGraphChildGraphNodeGetGraph hipGraphClone
    hipGraphDebugDotPrint hipGraphDestroyNode hipGraphEventRecordNodeGetEvent
    hipGraphEventRecordNodeSetEvent hipGraphEventWaitNodeGetEvent hipGraphEventWaitNodeSetEvent
    hipGraphExecBatchMemOpNodeSetParams hipGraphExecChildGraphNodeSetParams
    hipGraphExecEventRecordNodeSetEvent hipGraphExecEventWaitNodeSetEvent
    hipGraphExecExternalSemaphoresSignalNodeSetParams
    hipGraphExecExternalSemaphoresWaitNodeSetParams hipGraphExecGetFlags
    hipGraphExecHostNodeSetParams hipGraphExecKernelNodeSetParams hipGraphExecMemcpyNodeSetParams
    hipGraphExecMemcpyNodeSetParams1D hipGraphExecMemcpyNodeSetParamsFromSymbol
    hipGraphExecMemcpyNodeSetParamsToSymbol hipGraphExecMemsetNodeSetParams
    hipGraphExecNodeSetParams hipGraphExecUpdate hipGraphExternalSemaphoresSignalNodeGetParams
    hipGraphExternalSemaphoresSignalNodeSetParams hipGraphExternalSemaphoresWaitNodeGetParams
    hipGraphExternalSemaphoresWaitNodeSetParams hipGraphGetEdges hipGraphGetRootNodes
    hipGraphHostNodeGetParams hipGraphHostNodeSetParams hipGraphInstantiateWithParams
    hipGraphKernelNodeCopyAttributes hipGraphKernelNodeGetAttribute hipGraphKernelNodeGetParams
    hipGraphKernelNodeSetAttribute hipGraphKernelNodeSetParams hipGraphLaunch_spt
    hipGraphMemAllocNodeGetParams hipGraphMemFreeNodeGetParams hipGraphMemcpyNodeGetParams
    hipGraphMemcpyNodeSetParams hipGraphMemcpyNodeSetParams1D
    hipGraphMemcpyNodeSetParamsFromSymbol hipGraphMemcpyNodeSetParamsToSymbol
    hipGraphMemsetNodeGetParams hipGraphMemsetNodeSetParams hipGraphNodeFindInClone
    hipGraphNodeGetDependencies hipGraphNodeGetDependentNodes hipGraphNodeGetEnabled
    hipGraphNodeSetEnabled hipGraphNodeSetParams hipGraphReleaseUserObject
    hipGraphRemoveDependencies hipGraphRetainUserObject hipGraphicsMapResources
    hipGraphicsResourceGetMappedPointer hipGraphicsSubResourceGetMappedArray
    hipGraphicsUnmapResources hipGraphicsUnregisterResource hipGreenCtxCreate
    hipHccModuleLaunchKernel hipImportExternalMemory hipImportExternalSemaphore
    hipIpcCloseMemHandle hipIpcGetEventHandle hipIpcGetMemHandle hipIpcOpenEventHandle
    hipIpcOpenMemHandle hipKernelGetAttribute hipKernelGetFunction hipKernelGetLibrary
    hipKernelGetName hipKernelGetParamInfo hipKernelSetAttribute hipLaunchByPtr
    hipLaunchCooperativeKernel hipLaunchCooperativeKernelMultiDevice
    hipLaunchCooperativeKernel_spt hipLaunchHostFunc hipLaunchHostFunc_spt hipLaunchKernel
    hipLaunchKernelExC hipLaunchKernel_spt hipLibraryEnumerateKernels hipLibraryGetGlobal
    hipLibraryGetKernel hipLibraryGetKernelCount hipLibraryGetManaged hipLibraryLoadData
    hipLibraryLoadFromFile hipLibraryUnload hipLinkAddData hipLinkAddFile hipLinkComplete
    hipLinkCreate hipLinkDestroy hipMalloc3D hipMalloc3DArray hipMallocArray
    hipMallocFromPoolAsync hipMallocMipmappedArray hipMallocPitch hipMemAddressFree
    hipMemAddressReserve hipMemAdvise_v2 hipMemAllocPitch hipMemCreate
    hipMemDiscardAndPrefetchBatchAsync hipMemDiscardBatchAsync hipMemExportToShareableHandle
    hipMemGetAccess hipMemGetAllocationGranularity hipMemGetAllocationPropertiesFromHandle
    hipMemGetHandleForAddressRange hipMemGetMemPool hipMemImportFromShareableHandle hipMemMap
    hipMemMapArrayAsync hipMemPoolCreate hipMemPoolDestroy hipMemPoolExportPointer
    hipMemPoolExportToShareableHandle hipMemPoolGetAccess hipMemPoolGetAttribute
    hipMemPoolImportFromShareableHandle hipMemPoolImportPointer hipMemPoolSetAccess
    hipMemPoolSetAttribute hipMemPoolTrimTo hipMemPrefetchAsync_v2 hipMemPrefetchBatchAsync
    hipMemRangeGetAttribute hipMemRangeGetAttributes hipMemRelease hipMemRetainAllocationHandle
    hipMemSetAccess hipMemSetMemPool hipMemUnmap hipMemcpy2D hipMemcpy2DArrayToArray
    hipMemcpy2DAsync hipMemcpy2DAsync_spt hipMemcpy2DFromArray hipMemcpy2DFromArrayAsync
    hipMemcpy2DFromArrayAsync_spt hipMemcpy2DFromArray_spt hipMemcpy2DToArray
    hipMemcpy2DToArrayAsync hipMemcpy2DToArrayAsync_spt hipMemcpy2DToArray_spt hipMemcpy2D_spt
    hipMemcpy3D hipMemcpy3DAsync hipMemcpy3DAsync_spt hipMemcpy3DBatchAsync hipMemcpy3DPeer
    hipMemcpy3DPeerAsync hipMemcpy3D_spt hipMemcpyAsync_spt hipMemcpyAtoA hipMemcpyAtoD
    hipMemcpyAtoH hipMemcpyAtoHAsync hipMemcpyBatchAsync hipMemcpyDtoA hipMemcpyFromArray
    hipMemcpyFromArray_spt hipMemcpyFromSymbol hipMemcpyFromSymbolAsync
    hipMemcpyFromSymbolAsync_spt hipMemcpyFromSymbol_spt hipMemcpyHtoA hipMemcpyHtoAAsync
    hipMemcpyParam2D hipMemcpyParam2DAsync hipMemcpyPeer hipMemcpyPeerAsync hipMemcpyToArray
    hipMemcpyToSymbol hipMemcpyToSymbolAsync hipMemcpyToSymbolAsync_spt hipMemcpyToSymbol_spt
    hipMemcpy_spt hipMemset2D hipMemset2DAsync hipMemset2DAsync_spt hipMemset2D_spt hipMemset3D
    hipMemset3DAsync hipMemset3DAsync_spt hipMemset3D_spt hipMemsetAsync_spt hipMemsetD2D16
    hipMemsetD2D16Async hipMemsetD2D32 hipMemsetD2D32Async hipMemsetD2D8 hipMemsetD2D8Async
    hipMemset_spt hipMipmappedArrayCreate hipMipmappedArrayDestroy hipMipmappedArrayGetLevel
    hipMipmappedArrayGetMemoryRequirements hipModuleGetTexRef hipModuleLaunchCooperativeKernel
    hipModuleLaunchCooperativeKernelMultiDevice hipOccupancyAvailableDynamicSMemPerBlock
    hipOccupancyMaxActiveBlocksPerMultiprocessor
    hipOccupancyMaxActiveBlocksPerMultiprocessorWithFlags hipOccupancyMaxActiveClusters
    hipOccupancyMaxPotentialBlockSize hipOccupancyMaxPotentialClusterSize hipPointerGetAttribute
    hipPointerSetAttribute hipProfilerStart hipProfilerStop hipSetValidDevices hipSetupArgument
    hipSignalExternalSemaphoresAsync hipStreamAddCallback hipStreamAddCallback_spt
    hipStreamAttachMemAsync hipStreamBatchMemOp hipStreamBeginCaptureToGraph
    hipStreamBeginCapture_spt hipStreamCopyAttributes hipStreamEndCapture_spt
    hipStreamGetAttribute hipStreamGetCaptureInfo hipStreamGetCaptureInfo_spt
    hipStreamGetCaptureInfo_v2 hipStreamGetCaptureInfo_v2_spt hipStreamGetDevResource
    hipStreamGetFlags_spt hipStreamGetId hipStreamGetPriority_spt hipStreamIsCapturing_spt
    hipStreamQuery_spt hipStreamSetAttribute hipStreamSynchronize_spt
    hipStreamUpdateCaptureDependencies hipStreamWaitEvent_spt hipStreamWaitValue32
    hipStreamWaitValue64 hipStreamWriteValue32 hipStreamWriteValue64 hipTexObjectCreate
    hipTexObjectDestroy hipTexObjectGetResourceDesc hipTexObjectGetResourceViewDesc
    hipTexObjectGetTextureDesc hipTexRefGetAddress hipTexRefGetAddressMode hipTexRefGetArray
    hipTexRefGetBorderColor hipTexRefGetFilterMode hipTexRefGetFlags hipTexRefGetFormat
    hipTexRefGetMaxAnisotropy hipTexRefGetMipMappedArray hipTexRefGetMipmapFilterMode
    hipTexRefGetMipmapLevelBias hipTexRefGetMipmapLevelClamp hipTexRefSetAddress
    hipTexRefSetAddress2D hipTexRefSetAddressMode hipTexRefSetArray hipTexRefSetBorderColor
    hipTexRefSetFilterMode hipTexRefSetFlags hipTexRefSetFormat hipTexRefSetMaxAnisotropy
    hipTexRefSetMipmapFilterMode hipTexRefSetMipmapLevelBias hipTexRefSetMipmapLevelClamp
    hipTexRefSetMipmappedArray hipThreadExchangeStreamCaptureMode hipUnbindTexture
    hipUserObjectCreate hipUserObjectRelease hipUserObjectRetain hipWaitExternalSemaphoresAsync
}
